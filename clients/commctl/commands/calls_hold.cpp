// calls hold, resume, mute, unmute
#include "clients/commctl/call_verb.h"
#include "clients/commctl/commands.h"

namespace commd::commctl {
namespace {

int hold(Context& context) {
  return show_call(context, context.client().hold_call(context.word(0)));
}

int resume(Context& context) {
  return show_call(context, context.client().resume_call(context.word(0)));
}

enum class Microphone { off, on };

int set_microphone(Context& context, Microphone wanted) {
  v1::UpdateCallRequest request;
  request.mutable_call()->set_id(context.word(0));
  request.mutable_call()->set_muted(wanted == Microphone::off);
  request.mutable_update_mask()->add_paths("muted");
  return show_call(context, context.client().update_call(request));
}

int mute(Context& context) { return set_microphone(context, Microphone::off); }
int unmute(Context& context) { return set_microphone(context, Microphone::on); }

}  // namespace

Command calls_hold_command() {
  return {"calls hold",
          "Put the far end on hold",
          "",
          {{"commctl calls hold", "\"commctl calls resume\" goes on"}},
          {optional_call()},
          {},
          hold};
}

Command calls_resume_command() {
  return {"calls resume",
          "Take the far end off hold",
          "",
          {{"commctl calls resume", ""}},
          {optional_call()},
          {},
          resume};
}

Command calls_mute_command() {
  return {"calls mute",
          "Send silence instead of the microphone",
          "",
          {{"commctl calls mute", "\"commctl calls unmute\" opens it again"}},
          {optional_call()},
          {},
          mute};
}

Command calls_unmute_command() {
  return {"calls unmute",
          "Send the microphone again",
          "",
          {{"commctl calls unmute", ""}},
          {optional_call()},
          {},
          unmute};
}

}  // namespace commd::commctl
