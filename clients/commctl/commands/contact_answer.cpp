// contact approve, contact deny, contact block, contact unblock
#include "clients/commctl/commands.h"
#include "clients/commctl/contact_text.h"
#include "clients/commctl/context.h"

namespace commd::commctl {
namespace {

int show(const Context& context, const v1::Contact& contact) {
  if (context.out().json())
    context.out().print(contact);
  else
    context.out().say(contact.address() + ": " + relation_text(contact) + ".");
  return 0;
}

int say(const Context& context, const std::string& words) {
  if (!context.out().json()) context.out().say(words);
  return 0;
}

int approve(Context& context) {
  return show(context, context.client().approve_contact(context.word(0)));
}

int deny(Context& context) {
  context.client().deny_contact(context.word(0));
  return say(context, "He does not see your presence.");
}

int block(Context& context) {
  v1::BlockContactRequest request;
  request.set_address(context.word(0));
  request.set_account(context.option("--from"));
  return show(context, context.client().block_contact(request));
}

int unblock(Context& context) {
  context.client().unblock_contact(context.word(0));
  return say(context, "He is blocked no more.");
}

Argument contact_argument() {
  return {"CONTACT", "an address, or the beginning of one", Word::contact};
}

}  // namespace

Command contact_approve_command() {
  return {
      "contact approve",
      "Let somebody see your presence",
      "Who asks for it is shown by \"commctl contact list --asking\". To see his in turn: contact "
      "add.",
      {{"commctl contact approve bob@example.org", ""}},
      {contact_argument()},
      {},
      approve};
}

Command contact_deny_command() {
  return {"contact deny",
          "Refuse to let somebody see your presence, or take it back",
          "",
          {{"commctl contact deny eve@example.org", ""}},
          {contact_argument()},
          {},
          deny};
}

Command contact_block_command() {
  return {"contact block",
          "Let nothing of somebody come through any more",
          "The account's server does it (XEP-0191), for all your devices. He sees you as offline.",
          {{"commctl contact block eve@example.org", "also one who is no contact"}},
          {{"ADDRESS", "a contact, or any address", Word::contact}},
          {{"--from", "ACCOUNT", "at this account's server", Word::account}},
          block};
}

Command contact_unblock_command() {
  return {"contact unblock",
          "Let somebody come through again",
          "",
          {{"commctl contact unblock eve@example.org", ""}},
          {contact_argument()},
          {},
          unblock};
}

}  // namespace commd::commctl
