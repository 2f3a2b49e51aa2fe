// contact rename, contact groups, contact remove
#include "clients/commctl/commands.h"
#include "clients/commctl/context.h"

namespace commd::commctl {
namespace {

int show(const Context& context, const v1::Contact& contact, const std::string& words) {
  if (context.out().json())
    context.out().print(contact);
  else
    context.out().say(contact.address() + words);
  return 0;
}

int rename(Context& context) {
  v1::UpdateContactRequest request;
  request.set_id(context.word(0));
  request.set_name(context.word(1));
  const v1::Contact contact = context.client().update_contact(request);
  return show(context, contact, " is called " + contact.name() + ".");
}

int groups(Context& context) {
  v1::UpdateContactRequest request;
  request.set_id(context.word(0));
  request.set_change_groups(true);
  for (size_t i = 1; i < context.arguments().words.size(); ++i) request.add_groups(context.word(i));
  const v1::Contact contact = context.client().update_contact(request);
  std::string names;
  for (const std::string& group : contact.groups()) names += (names.empty() ? "" : ", ") + group;
  return show(context, contact, names.empty() ? " is in no group." : " is in " + names + ".");
}

int remove(Context& context) {
  context.client().remove_contact(context.word(0));
  if (!context.out().json()) context.out().say("Removed.");
  return 0;
}

Argument contact_argument() {
  return {"CONTACT", "an address, or the beginning of one", Word::contact};
}

}  // namespace

Command contact_rename_command() {
  return {"contact rename",
          "Give a contact another name",
          "",
          {{"commctl contact rename bob@example.org \"Bob from work\"", ""}},
          {contact_argument(), {"NAME", "what to call him"}},
          {},
          rename};
}

Command contact_groups_command() {
  return {"contact groups",
          "Put a contact under other headings",
          "Those named take the place of those he was in; none: he is in no group.",
          {{"commctl contact groups bob@example.org Work Friends", ""},
           {"commctl contact groups bob@example.org", "out of all groups"}},
          {contact_argument(), {"GROUP", "a heading", Word::any, Argument::Count::any}},
          {},
          groups};
}

Command contact_remove_command() {
  return {"contact remove",
          "Take somebody off the contact list",
          "Neither of you sees the other's presence any more.",
          {{"commctl contact remove bob@example.org", ""}},
          {contact_argument()},
          {},
          remove};
}

}  // namespace commd::commctl
