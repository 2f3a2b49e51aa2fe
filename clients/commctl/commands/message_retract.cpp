#include "clients/commctl/commands.h"
#include "clients/commctl/context.h"
#include "clients/commctl/message_words.h"

namespace commd::commctl {
namespace {

int run(Context& context) {
  return show_message(context, context.client().retract_message(context.word(0)), "taken back");
}

}  // namespace

Command message_retract_command() {
  return {
      "message retract",
      "Take back a message that was sent",
      "Its text is gone here, and the other person's client is asked to forget it, which it may "
      "not do.",
      {{"commctl message retract 8f2c41d0", ""}},
      {message_argument()},
      {},
      run};
}

}  // namespace commd::commctl
