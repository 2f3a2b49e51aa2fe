// calls accept-transfer, calls refuse-transfer
#include "clients/commctl/call_verb.h"
#include "clients/commctl/commands.h"

namespace commd::commctl {
namespace {

int accept(Context& context) {
  return show_call(context, context.client().accept_transfer(context.word(0)));
}

int refuse(Context& context) {
  return show_call(context, context.client().refuse_transfer(context.word(0)));
}

}  // namespace

Command calls_accept_transfer_command() {
  return {"calls accept-transfer",
          "Call whom the far end asks you to call",
          "The far end has asked for it (\"commctl calls show\" says whom) and waits half a "
          "minute. The\n"
          "new call has the sound of the old one. The account's setting \"transfers\" answers for "
          "you:\n"
          "ask (the default), allow or refuse.",
          {{"commctl calls accept-transfer", "the only call whose far end asks"}},
          {optional_call()},
          {},
          accept};
}

Command calls_refuse_transfer_command() {
  return {"calls refuse-transfer",
          "Stay in the call when the far end asks you to call somebody else",
          "",
          {{"commctl calls refuse-transfer", "the only call whose far end asks"}},
          {optional_call()},
          {},
          refuse};
}

}  // namespace commd::commctl
