#include "clients/commctl/commands.h"
#include "clients/commctl/contact_text.h"
#include "clients/commctl/context.h"

namespace commd::commctl {
namespace {

int run(Context& context) {
  v1::AddContactRequest request;
  request.set_address(context.word(0));
  request.set_account(context.option("--from"));
  request.set_name(context.option("--name"));
  for (const std::string& group : context.all("--group")) request.add_groups(group);
  const v1::Contact contact = context.client().add_contact(request);
  const Output& out = context.out();
  if (out.json()) {
    out.print(contact);
    return 0;
  }
  const std::string relation = relation_text(contact);
  out.say(contact.address() + " is on the list of " + contact.account() +
          (relation.empty() ? "." : ": " + relation + "."));
  return 0;
}

}  // namespace

Command contact_add_command() {
  return {"contact add",
          "Put somebody on a contact list and ask to see his presence",
          "He is asked; \"commctl watch\" tells when he has agreed.",
          {{"commctl contact add bob@example.org --name Bob", ""},
           {"commctl contact add bob@example.org --group Work --from alice@example.org",
            "on the list of one of several accounts"}},
          {{"ADDRESS", "xmpp:user@domain, or user@domain"}},
          {{"--name", "NAME", "what to call him"},
           {"--group", "GROUP", "a heading to put him under; may be given several times", Word::any,
            true},
           {"--from", "ACCOUNT", "on this account's list", Word::account}},
          run};
}

}  // namespace commd::commctl
