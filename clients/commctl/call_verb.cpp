#include "clients/commctl/call_verb.h"

#include "clients/commctl/words.h"

namespace commd::commctl {

Argument optional_call() {
  return {"CALL", "an id or a unique prefix of one; left out: the only call in question",
          Word::call, Argument::Count::optional};
}

Argument required_call() { return {"CALL", "an id or a unique prefix of one", Word::call}; }

int show_call(const Context& context, const v1::Call& call) {
  if (context.out().json()) {
    context.out().print(call);
  } else {
    Line line = {{call.id() + " " + party_text(call.remote()) + ": "},
                 {state_text(call), style_of(call.state())}};
    if (call.transfer().state() != v1::TransferStatus::STATE_UNSPECIFIED)
      line.push_back({", transfer to " + call.transfer().target() + " " +
                      enum_word(*v1::TransferStatus::State_descriptor(), call.transfer().state())});
    if (call.has_transfer_request())
      line.push_back({", " + transfer_request_text(call), Style::warning});
    context.out().say(line);
  }
  return 0;
}

}  // namespace commd::commctl
