#include "clients/commctl/commands.h"
#include "clients/commctl/context.h"

namespace commd::commctl {
namespace {

int run(Context& context) {
  context.client().delete_account(context.word(0));
  context.out().say("Removed " + context.word(0) + ".");
  return 0;
}

}  // namespace

Command account_remove_command() {
  return {"account remove",
          "Forget an account and its password; its calls end",
          "",
          {{"commctl account remove alice@example.org", "leaves the server politely first"}},
          {{"ACCOUNT", "an id, a unique prefix of one, or an address", Word::account}},
          {},
          run};
}

}  // namespace commd::commctl
