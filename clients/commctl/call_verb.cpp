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
    context.out().say(Line{{call.id() + " " + party_text(call.remote()) + ": "},
                           {state_text(call), style_of(call.state())}});
  }
  return 0;
}

}  // namespace commd::commctl
