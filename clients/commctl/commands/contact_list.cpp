#include <algorithm>

#include "clients/commctl/commands.h"
#include "clients/commctl/contact_text.h"
#include "clients/commctl/context.h"

namespace commd::commctl {
namespace {

bool is_there(const v1::Contact& contact) { return contact.resources_size() > 0; }

std::string groups_text(const v1::Contact& contact) {
  std::string text;
  for (const std::string& group : contact.groups()) text += (text.empty() ? "" : ", ") + group;
  return text;
}

Table table_of(const std::vector<const v1::Contact*>& contacts) {
  Table table;
  table.header = {"ADDRESS", "NAME", "PRESENCE", "GROUPS", ""};
  table.flexible = 2;
  for (const v1::Contact* contact : contacts)
    table.rows.push_back({{contact->address()},
                          {contact->name().empty() ? contact->nickname() : contact->name()},
                          presence_span(contact->presence()),
                          {groups_text(*contact), Style::dim},
                          {relation_text(*contact),
                           contact->asks() || contact->blocked() ? Style::warning : Style::dim}});
  return table;
}

int run(Context& context) {
  v1::ListContactsRequest request;
  request.set_account(context.option("--account"));
  const v1::ListContactsResponse response = context.client().list_contacts(request);
  std::vector<const v1::Contact*> chosen;
  for (const v1::Contact& contact : response.contacts())
    if ((!context.has("--online") || is_there(contact)) &&
        (!context.has("--asking") || contact.asks()))
      chosen.push_back(&contact);
  const Output& out = context.out();
  if (out.json()) {
    for (const v1::Contact* contact : chosen) out.print(*contact);
    return 0;
  }
  if (chosen.empty()) {
    out.say("No contacts.");
    return 0;
  }
  std::stable_sort(chosen.begin(), chosen.end(), [](const auto* a, const auto* b) {
    return std::pair(!a->asks(), !is_there(*a)) < std::pair(!b->asks(), !is_there(*b));
  });
  out.print(table_of(chosen));
  return 0;
}

}  // namespace

Command contact_list_command() {
  return {"contact list",
          "Show the people on the accounts' contact lists, and who is there",
          "Who asks to see you comes first, then who is there. A list is also known while its\n"
          "account is offline; who is there is not.",
          {{"commctl contact list --online", "who can be reached now"},
           {"commctl contact list --asking", "who waits for approve or deny"}},
          {},
          {{"--account", "ACCOUNT", "only this account's", Word::account},
           {"--online", "", "only who is there"},
           {"--asking", "", "only who asks to see your presence"}},
          run};
}

}  // namespace commd::commctl
