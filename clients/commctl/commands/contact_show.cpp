#include "clients/commctl/commands.h"
#include "clients/commctl/contact_text.h"
#include "clients/commctl/context.h"
#include "clients/commctl/duration.h"
#include "clients/commctl/report.h"

namespace commd::commctl {
namespace {

Span device_span(const v1::Contact::Resource& device) {
  Span span = presence_span(device.presence());
  std::string program = device.client();
  if (!device.client_type().empty())
    program += (program.empty() ? "" : ", ") + device.client_type();
  if (!program.empty()) span.text += " (" + program + ")";
  if (device.has_idle_since())
    span.text += ", untouched since " + local_time(device.idle_since(), timestamp_now());
  return span;
}

int run(Context& context) {
  const v1::Contact contact = context.client().get_contact(context.word(0));
  const Output& out = context.out();
  if (out.json()) {
    out.print(contact);
    return 0;
  }
  std::vector<std::pair<std::string, Span>> facts = {{"address", {contact.address()}},
                                                     {"account", {contact.account()}}};
  if (!contact.name().empty()) facts.push_back({"name", {contact.name()}});
  if (!contact.nickname().empty()) facts.push_back({"calls himself", {contact.nickname()}});
  for (const std::string& group : contact.groups()) facts.push_back({"group", {group}});
  if (!contact.avatar_path().empty()) facts.push_back({"picture", {contact.avatar_path()}});
  if (const std::string relation = relation_text(contact); !relation.empty())
    facts.push_back({"state", {relation}});
  if (!contact.asks_text().empty()) facts.push_back({"says", {contact.asks_text()}});
  facts.push_back({"presence", presence_span(contact.presence())});
  if (contact.presence().has_time())
    facts.push_back({"since", {local_time(contact.presence().time(), timestamp_now())}});
  for (const auto& device : contact.resources())
    facts.push_back({"on " + device.resource(), device_span(device)});
  for (const Line& line : fact_lines(facts)) out.print(line);
  return 0;
}

}  // namespace

Command contact_show_command() {
  return {"contact show",
          "Show one contact with all his devices",
          "",
          {{"commctl contact show bob@example.org", ""},
           {"commctl contact show bob --json", "the beginning of the address is enough"}},
          {{"CONTACT", "an address, or the beginning of one", Word::contact}},
          {},
          run};
}

}  // namespace commd::commctl
