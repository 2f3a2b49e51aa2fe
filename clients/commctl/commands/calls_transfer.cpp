#include "clients/commctl/call_verb.h"
#include "clients/commctl/commands.h"

namespace commd::commctl {
namespace {

int run(Context& context) {
  v1::TransferCallRequest request;
  request.set_id(context.word(0));
  if (context.word(1).empty() == !context.has("--to"))
    context.usage_error("name either an address or, with --to, another call");
  if (context.has("--to")) {
    request.set_call(context.option("--to"));
  } else {
    request.set_address(context.word(1));
  }
  return show_call(context, context.client().transfer_call(request));
}

}  // namespace

Command calls_transfer_command() {
  return {"calls transfer",
          "Ask the far end to call somebody else, or join it with another call",
          "Its progress is in the call: \"commctl calls show\" or \"commctl watch\".",
          {{"commctl calls transfer 4f2a bob@example.org", "blind"},
           {"commctl calls transfer 4f2a --to 77c1", "both talk to each other, you leave"}},
          {required_call(), {"ADDRESS", "who to call", Word::any, Argument::Count::optional}},
          {{"--to", "CALL2", "another of your calls", Word::call}},
          run};
}

}  // namespace commd::commctl
