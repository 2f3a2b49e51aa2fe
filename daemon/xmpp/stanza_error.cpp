#include "daemon/xmpp/stanza_error.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

#include "daemon/base/escape.h"
#include "daemon/xmpp/namespaces.h"

namespace commd::xmpp {
namespace {

struct Row {
  Condition condition;
  const char* name;
  ErrorType type;
  base::Code code;
  const char* words;
};

using base::Code;

constexpr std::array kTable = {
    Row{Condition::bad_request, "bad-request", ErrorType::modify, Code::invalid_argument,
        "the far end could not read the request"},
    Row{Condition::conflict, "conflict", ErrorType::cancel, Code::already_exists,
        "that name or address is taken; choose another"},
    Row{Condition::feature_not_implemented, "feature-not-implemented", ErrorType::cancel,
        Code::unimplemented, "the far end does not offer this"},
    Row{Condition::forbidden, "forbidden", ErrorType::auth, Code::permission_denied,
        "the far end does not permit this to the account"},
    Row{Condition::gone, "gone", ErrorType::cancel, Code::not_found,
        "the address is no longer in use"},
    Row{Condition::internal_server_error, "internal-server-error", ErrorType::cancel,
        Code::unavailable, "the server failed; try again later or tell its operator"},
    Row{Condition::item_not_found, "item-not-found", ErrorType::cancel, Code::not_found,
        "there is no such address or item"},
    Row{Condition::jid_malformed, "jid-malformed", ErrorType::modify, Code::invalid_argument,
        "the server takes the address for malformed; check its spelling"},
    Row{Condition::not_acceptable, "not-acceptable", ErrorType::modify, Code::invalid_argument,
        "the far end does not accept this as it is"},
    Row{Condition::not_allowed, "not-allowed", ErrorType::cancel, Code::permission_denied,
        "the far end allows this to nobody"},
    Row{Condition::not_authorized, "not-authorized", ErrorType::auth, Code::permission_denied,
        "a password or an authorization is needed first"},
    Row{Condition::policy_violation, "policy-violation", ErrorType::modify, Code::permission_denied,
        "this violates a rule of the far end"},
    Row{Condition::recipient_unavailable, "recipient-unavailable", ErrorType::wait,
        Code::unavailable, "the recipient is not available now; try again later"},
    Row{Condition::redirect, "redirect", ErrorType::modify, Code::not_found,
        "the recipient asks to be reached elsewhere"},
    Row{Condition::registration_required, "registration-required", ErrorType::auth,
        Code::permission_denied, "register with the service first"},
    Row{Condition::remote_server_not_found, "remote-server-not-found", ErrorType::cancel,
        Code::not_found, "the recipient's server cannot be found; check the domain"},
    Row{Condition::remote_server_timeout, "remote-server-timeout", ErrorType::wait,
        Code::unavailable, "the recipient's server does not answer; try again later"},
    Row{Condition::resource_constraint, "resource-constraint", ErrorType::wait,
        Code::resource_exhausted,
        "the server is overloaded or a quota is used up; try again later"},
    Row{Condition::service_unavailable, "service-unavailable", ErrorType::cancel, Code::unavailable,
        "the recipient is not there or does not offer this"},
    Row{Condition::subscription_required, "subscription-required", ErrorType::auth,
        Code::permission_denied, "a subscription is needed first"},
    Row{Condition::undefined_condition, "undefined-condition", ErrorType::modify, Code::unavailable,
        "the far end refused without a reason that is known"},
    Row{Condition::unexpected_request, "unexpected-request", ErrorType::wait,
        Code::failed_precondition, "the far end did not expect this now"},
};

const Row& row_of(Condition condition) { return kTable[static_cast<size_t>(condition)]; }

constexpr std::array kTypes = {
    std::pair{ErrorType::auth, "auth"},          std::pair{ErrorType::cancel, "cancel"},
    std::pair{ErrorType::continue_, "continue"}, std::pair{ErrorType::modify, "modify"},
    std::pair{ErrorType::wait, "wait"},
};

std::string upper_snake(std::string_view name) {
  std::string upper(name);
  for (char& c : upper)
    c = c == '-' ? '_' : static_cast<char>(toupper(static_cast<unsigned char>(c)));
  return upper;
}

}  // namespace

const char* to_string(Condition condition) { return row_of(condition).name; }

const char* to_string(ErrorType type) {
  for (const auto& [each, name] : kTypes)
    if (each == type) return name;
  return "cancel";
}

ErrorType usual_type(Condition condition) { return row_of(condition).type; }

StanzaError read_stanza_error(const Element& stanza) {
  StanzaError read;
  // Errors stand in the namespace of the stanza, whichever stream it came by.
  const Element error = stanza.child("error", stanza.ns());
  for (const Element each : error) {
    if (each.ns() != ns::kStanzaErrors) {
      if (read.application.empty())
        read.application = std::string(each.ns()) + " " + std::string(each.name());
      continue;
    }
    if (each.name() == "text") {
      if (read.text.empty()) read.text = each.text();
      continue;
    }
    const auto row = std::find_if(kTable.begin(), kTable.end(),
                                  [&](const Row& one) { return each.name() == one.name; });
    if (row == kTable.end()) continue;
    read.condition = row->condition;
    read.address = each.text();
  }
  read.type = usual_type(read.condition);
  for (const auto& [type, name] : kTypes)
    if (error.type() == name) read.type = type;
  return read;
}

base::Error to_error(const StanzaError& error) {
  const Row& row = row_of(error.condition);
  base::Error out{row.code, "XMPP_" + upper_snake(row.name), row.words, {}};
  out.details["condition"] = row.name;
  if (!error.text.empty()) {
    const std::string text = base::escape_line(std::string_view(error.text).substr(0, 300));
    out.message += ": \"" + text + "\"";
    out.details["text"] = text;
  }
  if (!error.address.empty())
    out.details["address"] = base::escape_line(std::string_view(error.address).substr(0, 1100));
  return out;
}

std::optional<Stanza> make_error_reply(const Element& stanza, Condition condition,
                                       std::string_view text) {
  if (stanza.type() == "error" || stanza.type() == "result") return std::nullopt;
  Stanza reply(stanza.name(), stanza.ns());
  reply.set("type", "error");
  if (!stanza.from().empty()) reply.set("to", stanza.from());
  if (!stanza.to().empty()) reply.set("from", stanza.to());
  if (!stanza.id().empty()) reply.set("id", stanza.id());
  const MutableElement error = reply.add("error").set("type", to_string(usual_type(condition)));
  error.add(to_string(condition), ns::kStanzaErrors);
  if (!text.empty()) error.add_with_text("text", text, ns::kStanzaErrors);
  return reply;
}

}  // namespace commd::xmpp
