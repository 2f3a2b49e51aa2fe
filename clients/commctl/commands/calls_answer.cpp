// calls answer, calls reject, calls hangup
#include "clients/commctl/call_verb.h"
#include "clients/commctl/commands.h"

namespace commd::commctl {
namespace {

int answer(Context& context) {
  v1::AnswerCallRequest request;
  request.set_id(context.word(0));
  request.set_capture(context.audio("--capture"));
  request.set_playback(context.audio("--playback"));
  return show_call(context, context.client().answer_call(request));
}

int reject(Context& context) {
  v1::RejectCallRequest request;
  request.set_id(context.word(0));
  request.set_busy(context.has("--busy"));
  return show_call(context, context.client().reject_call(request));
}

int hang_up(Context& context) {
  return show_call(context, context.client().hang_up_call(context.word(0)));
}

}  // namespace

Command calls_answer_command() {
  return {
      "calls answer",
      "Answer a ringing call",
      "The call then lives in the daemon, without this terminal; \"commctl listen\" keeps it here.",
      {{"commctl calls answer", "the only ringing call"},
       {"commctl calls answer 4f2a --capture file:hello.wav --playback none", "with a recording"}},
      {optional_call()},
      {{"--capture", "SOURCE", "default, none, tone:HZ, file:PATH.wav[,loop] or pulse:NAME",
        Word::source},
       {"--playback", "SINK", "default, none, file:PATH.wav or pulse:NAME", Word::sink}},
      answer};
}

Command calls_reject_command() {
  return {"calls reject",
          "Decline a ringing call",
          "",
          {{"commctl calls reject", "the only ringing call"},
           {"commctl calls reject 4f2a --busy", "the caller hears the busy tone"}},
          {optional_call()},
          {{"--busy", "", "say busy instead of declined"}},
          reject};
}

Command calls_hangup_command() {
  return {"calls hangup",
          "End a call",
          "",
          {{"commctl calls hangup", "the only call"}, {"commctl calls hangup 4f2a", "this one"}},
          {optional_call()},
          {},
          hang_up};
}

}  // namespace commd::commctl
