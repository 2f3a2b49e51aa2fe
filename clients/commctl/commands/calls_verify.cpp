// calls verify
#include "clients/commctl/call_verb.h"
#include "clients/commctl/commands.h"
#include "clients/commctl/words.h"

namespace commd::commctl {
namespace {

int tell(Context& context, const v1::Call& call) {
  if (context.out().json()) {
    context.out().print(call);
    return 0;
  }
  const v1::CallSecurity& security = call.security();
  context.out().print(
      {{security.sas(), Style::bold},
       {"  " + party_text(call.remote()) + ": " + security_text(security), style_of(security)}});
  return 0;
}

int run(Context& context) {
  const bool yes = context.has("--yes");
  const bool reset = context.has("--reset");
  const bool words = context.has("--words");
  if (yes + reset + words > 1) context.usage_error("one of --words, --yes and --reset, please");
  if (yes || reset || words) {
    v1::VerifyCallRequest request;
    request.set_id(context.word(0));
    request.set_verified(!reset);
    if (words) request.set_sas(context.option("--words"));
    return tell(context, context.client().verify_call(request));
  }
  const v1::Call call = context.client().get_call(context.word(0));
  if (call.security().sas().empty()) {
    context.out().complain(
        "the call has no words to compare: its keys are not those of ZRTP; set zrtp=on for the "
        "account on both ends, and call again");
    return 1;
  }
  tell(context, call);
  if (!context.out().json() && !call.security().verified_here())
    context.out().say(
        "Read these four characters to each other. If they are the same: commctl calls verify " +
        call.id() + " --words " + call.security().sas() +
        ". If not, somebody is in between: hang up.");
  return 0;
}

}  // namespace

Command calls_verify_command() {
  return {
      "calls verify",
      "Show the words of an encrypted call, and say that they are the same on both ends",
      "A call whose keys are those of ZRTP (the account's setting \"zrtp\") has four characters "
      "that\n"
      "are the same on both ends, unless somebody is in between. Compare them aloud once: from "
      "then on\n"
      "both ends know each other again, and say so when something has changed.",
      {{"commctl calls verify", "show them"},
       {"commctl calls verify 4f2a --words 7rp5", "these are the same on both ends"},
       {"commctl calls verify 4f2a --reset", "that was a mistake"}},
      {optional_call()},
      {{"--words", "WORDS",
        "they are the same on both ends; refused if the call has others by now"},
       {"--yes", "", "the person at the other end has read out the same"},
       {"--reset", "", "forget that they were compared"}},
      run};
}

}  // namespace commd::commctl
