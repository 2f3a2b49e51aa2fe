#include "daemon/xmpp/service_stanza.h"

#include <algorithm>
#include <array>
#include <utility>

#include "daemon/base/escape.h"
#include "daemon/xmpp/data_form.h"
#include "daemon/xmpp/namespaces.h"

namespace commd::xmpp {
namespace {

using model::CommandAction;
using model::CommandStatus;
using model::FieldType;
using model::NoteLevel;

std::string cut(std::string_view text) {
  return base::to_valid_utf8(text.substr(0, model::max_service_name_bytes));
}

std::string uri_of(const Jid& jid) { return "xmpp:" + jid.str(); }

auto unreadable(const std::string& why) {
  return base::fail(base::Code::unavailable, "ANSWER_UNREADABLE",
                    "the far end's answer is of no use: " + why);
}

// Each once, as long as there are not too many.
void keep(std::vector<std::string>& all, std::string text, size_t most) {
  if (all.size() < most && std::find(all.begin(), all.end(), text) == all.end())
    all.push_back(std::move(text));
}

bool has(const std::vector<std::string>& all, std::string_view text) {
  return std::find(all.begin(), all.end(), text) != all.end();
}

// ---- words of XEP-0050 -------------------------------------------------------------------

constexpr std::array<std::pair<const char*, CommandAction>, 4> kActions = {{
    {"next", CommandAction::next},
    {"prev", CommandAction::prev},
    {"complete", CommandAction::complete},
    {"cancel", CommandAction::cancel},
}};

// What it goes by on the wire; "execute" is whatever the command takes for it.
const char* word_of(CommandAction action) {
  for (const auto& [word, each] : kActions)
    if (each == action) return word;
  return "execute";
}

std::optional<CommandStatus> status_of(std::string_view word) {
  if (word == "executing") return CommandStatus::executing;
  if (word == "completed") return CommandStatus::completed;
  if (word == "canceled") return CommandStatus::canceled;
  return std::nullopt;
}

NoteLevel level_of(std::string_view word) {
  if (word == "error") return NoteLevel::error;
  return word == "warn" ? NoteLevel::warn : NoteLevel::info;
}

bool may(const model::CommandStep& step, CommandAction action) {
  return std::find(step.actions.begin(), step.actions.end(), action) != step.actions.end();
}

// Section 3.4: without a list there is but one stage, and a default that is not in it does
// not count.
void read_actions(const Element& actions, model::CommandStep& step) {
  for (const Element each : actions)
    for (const auto& [word, action] : kActions)
      if (each.is(word, ns::kCommands) && action != CommandAction::cancel && !may(step, action))
        step.actions.push_back(action);
  if (!actions) step.actions = {CommandAction::complete};
  step.default_action =
      may(step, CommandAction::next) ? CommandAction::next : CommandAction::complete;
  for (const auto& [word, action] : kActions)
    if (actions.attribute("execute") == word && may(step, action)) step.default_action = action;
}

// ---- the elements of XEP-0077 --------------------------------------------------------------

struct LegacyField {
  const char* name;
  FieldType type;
  const char* label;
};

// Section 14.3 and the schema: which elements a service may ask for.
constexpr std::array kLegacyFields = {
    LegacyField{"username", FieldType::text_single, "User name"},
    LegacyField{"nick", FieldType::text_single, "Nickname"},
    LegacyField{"password", FieldType::text_private, "Password"},
    LegacyField{"name", FieldType::text_single, "Full name"},
    LegacyField{"first", FieldType::text_single, "Given name"},
    LegacyField{"last", FieldType::text_single, "Family name"},
    LegacyField{"email", FieldType::text_single, "Mail address"},
    LegacyField{"address", FieldType::text_single, "Street"},
    LegacyField{"city", FieldType::text_single, "City"},
    LegacyField{"state", FieldType::text_single, "State"},
    LegacyField{"zip", FieldType::text_single, "Postal code"},
    LegacyField{"phone", FieldType::text_single, "Telephone"},
    LegacyField{"url", FieldType::text_single, "Web page"},
    LegacyField{"date", FieldType::text_single, "Date"},
    LegacyField{"misc", FieldType::text_single, "Miscellaneous"},
    LegacyField{"text", FieldType::text_single, "Text"},
    LegacyField{"key", FieldType::hidden, ""},
};

bool fits(const std::string& text) { return text.size() <= model::max_form_text; }

// All that is asked for is required (section 3.1.1).
bool read_legacy(const Element& query, model::DataForm& form) {
  for (const LegacyField& each : kLegacyFields) {
    const Element element = query.child(each.name, ns::kRegister);
    if (!element) continue;
    std::string value = element.text();
    if (!fits(value)) return false;
    model::FormField field{each.name, each.type, each.label, {}, each.type != FieldType::hidden};
    if (!value.empty()) field.values.push_back(std::move(value));
    form.fields.push_back(std::move(field));
  }
  std::string instructions = query.child_text("instructions", ns::kRegister);
  if (!fits(instructions)) return false;
  if (!instructions.empty()) form.instructions.push_back(std::move(instructions));
  return true;
}

}  // namespace

// ---- discovery -------------------------------------------------------------------------

Stanza items_request(const Jid& of, std::string_view node) {
  Stanza iq = make_iq("get", of.str(), make_id());
  const MutableElement query = iq.add("query", ns::kDiscoItems);
  if (!node.empty()) query.set("node", node);
  return iq;
}

Stanza info_request(const Jid& of) {
  Stanza iq = make_iq("get", of.str(), make_id());
  iq.add("query", ns::kDiscoInfo);
  return iq;
}

std::vector<DiscoItem> read_items(const Element& answer) {
  std::vector<DiscoItem> items;
  for (const Element each : answer.child("query", ns::kDiscoItems)) {
    if (items.size() == model::max_services) break;
    if (!each.is("item", ns::kDiscoItems)) continue;
    if (auto jid = Jid::parse(each.attribute("jid")))
      items.push_back({std::move(*jid), cut(each.attribute("node")), cut(each.attribute("name"))});
  }
  return items;
}

void read_info(const Element& answer, model::Service& service) {
  for (const Element each : answer.child("query", ns::kDiscoInfo)) {
    if (each.is("identity", ns::kDiscoInfo)) {
      keep(service.identities, cut(each.attribute("category")) + "/" + cut(each.type()),
           model::max_service_identities);
      // The registry of identities knows one to IRC as a conference.
      const bool irc = each.attribute("category") == "conference" && each.type() == "irc";
      service.gateway = service.gateway || irc || each.attribute("category") == "gateway";
      if (service.name.empty()) service.name = cut(each.attribute("name"));
    } else if (each.is("feature", ns::kDiscoInfo)) {
      keep(service.features, cut(each.attribute("var")), model::max_service_features);
    }
  }
  service.has_commands = has(service.features, ns::kCommands);
}

// ---- commands ----------------------------------------------------------------------------

std::vector<model::Command> read_commands(const Element& answer) {
  std::vector<model::Command> commands;
  for (const DiscoItem& item : read_items(answer))
    if (!item.node.empty() && commands.size() < model::max_commands)
      commands.push_back({uri_of(item.jid), item.node, item.name});
  return commands;
}

Stanza command_request(const Jid& of, const ports::CommandRequest& request) {
  Stanza iq = make_iq("set", of.str(), make_id());
  const MutableElement command = iq.add("command", ns::kCommands);
  command.set("node", request.node).set("action", word_of(request.action));
  if (!request.session.empty()) command.set("sessionid", request.session);
  if (request.form) write_submit(*request.form, command);
  return iq;
}

base::Result<model::CommandStep> read_command(const Element& answer,
                                              const ports::CommandRequest& request) {
  const Element command = answer.child("command", ns::kCommands);
  if (!command) return unreadable("there is no command in it");
  // The node may be left out by the careless, but it is no other one.
  const std::string_view node = command.attribute("node");
  if (!node.empty() && node != request.node) return unreadable("it is of another command");
  model::CommandStep step;
  step.session = std::string(command.attribute("sessionid"));
  if (step.session.size() > model::max_service_name_bytes)
    return unreadable("its session has too long a name");
  if (!request.session.empty() && !step.session.empty() && step.session != request.session)
    return unreadable("it is of another session");
  if (step.session.empty()) step.session = request.session;
  const auto status = status_of(command.attribute("status"));
  if (!status) return unreadable("it does not say how far the command has come");
  step.status = *status;
  if (step.status == CommandStatus::executing && step.session.empty())
    return unreadable("it goes on, but has no session");
  if (const Element x = command.child("x", ns::kDataForms)) {
    step.form = read_form(x);
    if (!step.form) return unreadable("its form is too large or ill-formed");
  }
  for (const Element each : command)
    if (each.is("note", ns::kCommands) && step.notes.size() < model::max_command_notes)
      step.notes.push_back(
          {level_of(each.type()),
           base::to_valid_utf8(std::string_view(each.text()).substr(0, model::max_form_text))});
  if (step.status == CommandStatus::executing)
    read_actions(command.child("actions", ns::kCommands), step);
  return step;
}

// ---- registration ----------------------------------------------------------------------

Stanza registration_request(const Jid& with) {
  Stanza iq = make_iq("get", with.str(), make_id());
  iq.add("query", ns::kRegister);
  return iq;
}

base::Result<ports::RegistrationAsked> read_registration(const Element& answer) {
  const Element query = answer.child("query", ns::kRegister);
  if (!query) return unreadable("there is no registration in it");
  ports::RegistrationAsked asked;
  asked.registration.registered = static_cast<bool>(query.child("registered", ns::kRegister));
  asked.registration.url = cut(query.child("x", ns::kOutOfBand).child_text("url", ns::kOutOfBand));
  if (const Element x = query.child("x", ns::kDataForms)) {
    auto form = read_form(x);
    if (!form) return unreadable("its form is too large or ill-formed");
    asked.registration.form = std::move(*form);
    return asked;
  }
  asked.legacy = true;
  if (!read_legacy(query, asked.registration.form)) return unreadable("it is too large");
  return asked;
}

Stanza register_request(const Jid& with, const ports::RegistrationAsked& asked) {
  Stanza iq = make_iq("set", with.str(), make_id());
  const MutableElement query = iq.add("query", ns::kRegister);
  if (!asked.legacy) {
    write_submit(asked.registration.form, query);
    return iq;
  }
  for (const model::FormField& field : asked.registration.form.fields)
    query.add_with_text(field.name, field.values.empty() ? "" : field.values.front());
  return iq;
}

Stanza unregister_request(const Jid& with) {
  Stanza iq = make_iq("set", with.str(), make_id());
  iq.add("query", ns::kRegister).add("remove");
  return iq;
}

}  // namespace commd::xmpp
