// The callee's half of CallControl: ringing, answering, refusing. Before a local
// answer nothing is gathered, bound, sent or played from the network.
#include <utility>

#include "daemon/core/call_book.h"
#include "daemon/core/call_control.h"

namespace commd::core {

using model::CallState;

void CallControl::start_incoming(ports::IncomingCall incoming) {
  incoming_ = std::move(incoming);
  if (incoming_->offer)
    story_.described(CallStory::By::them, CallStory::What::offer, *incoming_->offer);
  rang_ = true;
  set_state(CallState::ringing);
  ring_timer_ = context_.timers.after(plan_.ring_timeout, [this] { ring_timed_out(); });
  // The call is in the log before the caller hears it ring: no missed call is
  // ever lost.
  publish(guarded([this](const base::Result<void>&) {
    if (ringing_incoming()) context_.signalling.ring(leg_);
  }));
}

void CallControl::ring_timed_out() {
  if (!plan_.forward_no_answer.empty()) {
    context_.signalling.redirect(leg_, plan_.forward_no_answer);
    return finish(
        {model::EndReason::redirected, model::EndedBy::daemon, {302, {}, plan_.forward_no_answer}});
  }
  context_.signalling.refuse(leg_, ports::Refusal::unavailable);
  finish({model::EndReason::no_answer, model::EndedBy::daemon, {480, {}, {}}});
}

void CallControl::refuse(ports::Refusal refusal, model::EndReason reason) {
  if (!alive()) return;
  context_.signalling.refuse(leg_, refusal);
  finish({reason, model::EndedBy::local, {}});
}

void CallControl::names_ends(bool capture, bool playback) {
  plan_.capture_named = capture;
  plan_.playback_named = playback;
}

void CallControl::answer(const model::AudioSource& capture, const model::AudioSink& playback,
                         Done done) {
  ring_timer_.reset();
  answered_ = true;
  call_.capture = capture;
  call_.playback = playback;
  call_.waiting = false;
  call_.answer_time = context_.clock.wall_now();
  set_state(CallState::connecting);
  publish();
  answer_waiter_ = std::move(done);
  open_media([this] { describe_answer(); });
}

// The call may end before its answer is made; whoever waits for that is told then (finish()).
void CallControl::answer_told(base::Result<model::Call> result) {
  if (const Done done = std::exchange(answer_waiter_, nullptr)) done(std::move(result));
}

void CallControl::describe_answer() {
  if (!alive()) return;
  if (incoming_->offer_follows) {
    delayed_offer_ = true;
    context_.signalling.accept(leg_, {});
    return answer_told(call_);
  }
  auto ready = guarded([this](base::Result<model::SessionDescription> description) {
    description_ready(std::move(description));
  });
  negotiation_ = Negotiation::answering;
  if (incoming_->offer) {
    call_.held_remote = model::is_hold(*incoming_->offer);
    media_->answer(*incoming_->offer, wanted_direction(), std::move(ready));
  } else {
    delayed_offer_ = true;
    media_->offer(wanted_direction(), std::move(ready));
  }
}

void CallControl::description_ready(base::Result<model::SessionDescription> description) {
  if (!alive()) return;
  if (!description) {
    const base::Error error = description.error();
    context_.signalling.refuse(leg_, error.reason == "ENCRYPTION_REQUIRED"
                                         ? ports::Refusal::encryption_required
                                         : ports::Refusal::incompatible_media);
    answer_told(base::fail(error));
    return fail_media(error);
  }
  if (!delayed_offer_) {
    media_ready_ = true;
    negotiation_ = Negotiation::idle;
    media_->transmit(ports::Transmit::live);
  } else {
    negotiation_ = Negotiation::offer_sent;
  }
  story_.described(CallStory::By::us,
                   delayed_offer_ ? CallStory::What::offer : CallStory::What::answer, *description);
  context_.signalling.accept(leg_, std::move(*description));
  answer_told(call_);
}

void CallControl::on_confirmed(std::optional<model::SessionDescription> answer) {
  if (!alive()) return;
  confirmed_ = true;
  if (!answer) {
    // An acceptance that carried our offer must be confirmed with an answer
    // (RFC 3261 section 13.2.2.4).
    if (delayed_offer_ && !media_ready_) {
      context_.signalling.hang_up(leg_);
      return finish({model::EndReason::protocol_error,
                     model::EndedBy::daemon,
                     {0, {}, "the ACK carried no answer to our offer"}});
    }
    settle();
    // What the media wished for between our acceptance and this.
    if (restart_wanted_ && negotiation_ == Negotiation::idle) renegotiate();
    return;
  }
  story_.described(CallStory::By::them, CallStory::What::answer, *answer);
  media_->apply_answer(branch_, *answer, guarded([this](base::Result<void> result) {
                         if (!result) return fail_media(result.error());
                         media_ready_ = true;
                         if (!wants_hold_) media_->transmit(ports::Transmit::live);
                         wish_met();
                         negotiation_over();
                         settle();
                       }));
}

}  // namespace commd::core
