// account enable, account disable
#include "clients/commctl/commands.h"
#include "clients/commctl/context.h"
#include "clients/commctl/words.h"

namespace commd::commctl {
namespace {

int show(const Context& context, const v1::Account& account) {
  if (context.out().json()) {
    context.out().print(account);
  } else {
    context.out().say(account.id() + " is " + word_of(account.state()) + ".");
  }
  return 0;
}

int enable(Context& context) {
  return show(context, context.client().enable_account(context.word(0)));
}

int disable(Context& context) {
  return show(context, context.client().disable_account(context.word(0)));
}

Argument account_argument() {
  return {"ACCOUNT", "an id, a unique prefix of one, or an address", Word::account};
}

}  // namespace

Command account_enable_command() {
  return {"account enable",
          "Bring an account up; tries a failed one again at once",
          "",
          {{"commctl account enable alice@example.org", "and \"commctl wait account\" tells when"}},
          {account_argument()},
          {},
          enable};
}

Command account_disable_command() {
  return {
      "account disable",
      "Take an account down and keep it",
      "",
      {{"commctl account disable alice@example.org", "no calls through it until it is enabled"}},
      {account_argument()},
      {},
      disable};
}

}  // namespace commd::commctl
