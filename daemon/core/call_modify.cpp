// Re-negotiation in a running call: hold and resume, the peer's new offers, glare.
//
// One exchange at a time (RFC 3264 section 4). What is wanted in the meantime is
// remembered and done afterwards, so verbs never race.
#include <utility>

#include "daemon/base/random.h"
#include "daemon/core/call_book.h"
#include "daemon/core/call_control.h"

namespace commd::core {

void CallControl::set_hold(bool held, Done done) {
  if (wants_hold_ == held && negotiation_ == Negotiation::idle) return done(call_);
  wants_hold_ = held;
  hold_waiters_.push_back(std::move(done));
  // Private at once, whatever the network takes: nothing more is said to the far
  // end from the moment the person pressed the key.
  if (held) media_->transmit(ports::Transmit::silence);
  renegotiate();
}

void CallControl::renegotiate() {
  if (negotiation_ != Negotiation::idle || glare_timer_) {
    renegotiate_again_ = true;
    return;
  }
  renegotiate_again_ = false;
  restarting_ = std::exchange(restart_wanted_, false);
  negotiation_ = Negotiation::creating_offer;
  said_direction_ = wanted_direction();
  media_->offer(said_direction_,
                guarded([this, number = ++offers_](base::Result<model::SessionDescription> offer) {
                  // The peer's own offer came before it was ready.
                  if (number == offers_) reoffer_ready(std::move(offer));
                }));
}

void CallControl::reoffer_ready(base::Result<model::SessionDescription> offer) {
  if (!alive()) return;
  if (!offer) {
    negotiation_ = Negotiation::idle;
    return finish_hold(base::fail(offer.error()));
  }
  negotiation_ = Negotiation::offer_sent;
  story_.described(CallStory::By::us, CallStory::What::offer, *offer);
  context_.signalling.modify(leg_, std::move(*offer));
}

void CallControl::on_answered(model::SessionDescription answer) {
  if (!alive() || negotiation_ != Negotiation::offer_sent) return;
  restarting_ = false;
  story_.described(CallStory::By::them, CallStory::What::answer, answer);
  media_->apply_answer(branch_, answer, guarded([this](base::Result<void> result) {
                         if (!result) return fail_media(result.error());
                         finish_hold({});
                         wish_met();
                         negotiation_over();
                       }));
}

// What was to be offered has been said in another exchange, the peer's own or one that
// was under way: asking for it again would only disturb the far end.
void CallControl::wish_met() {
  if ((!renegotiate_again_ && !glare_timer_) || said_direction_ != wanted_direction()) return;
  if (restart_wanted_) return;
  renegotiate_again_ = false;
  glare_timer_.reset();
  finish_hold({});
}

void CallControl::finish_hold(base::Result<void> result) {
  if (!result) wants_hold_ = call_.held_local;
  if (!wants_hold_) media_->transmit(ports::Transmit::live);
  settle();
  for (Done& waiter : std::exchange(hold_waiters_, {}))
    result ? waiter(call_) : waiter(base::fail(result.error()));
}

void CallControl::on_modify_refused(bool glare, int sip_code) {
  if (!alive() || !media_) return;
  media_->rollback();
  negotiation_ = Negotiation::idle;
  restart_wanted_ = restart_wanted_ || (std::exchange(restarting_, false) && glare);
  if (glare) {
    // RFC 3261 section 14.1: who owns the Call-ID waits 2.1 to 4 s, the other one
    // 0 to 2 s, in steps of 10 ms.
    const bool owner = call_.direction == model::CallDirection::outgoing;
    const auto wait = std::chrono::milliseconds(owner ? 2100 + base::random_u32() % 190 * 10
                                                      : base::random_u32() % 200 * 10);
    glare_timer_ = context_.timers.after(wait, [this] {
      glare_timer_.reset();
      renegotiate();
    });
    return;
  }
  base::Error error{base::Code::failed_precondition,
                    "REFUSED_BY_PEER",
                    "the far end refused the change (" + std::to_string(sip_code) + ")",
                    {}};
  error.details["sip_code"] = std::to_string(sip_code);
  finish_hold(base::fail(error));
  negotiation_over();
}

void CallControl::on_refresh_due() {
  if (alive() && media_ && confirmed_) renegotiate();
}

void CallControl::on_offered(std::optional<model::SessionDescription> offer) {
  if (!alive() || !media_) return;
  if (negotiation_ != Negotiation::idle) {
    // Ours is being prepared but not sent: the peer was first.
    media_->rollback();
    restart_wanted_ = std::exchange(restarting_, false) || restart_wanted_;
    ++offers_;
    renegotiate_again_ = renegotiate_again_ || negotiation_ == Negotiation::creating_offer;
  }
  negotiation_ = Negotiation::answering;
  said_direction_ = wanted_direction();
  if (!offer) {
    delayed_offer_ = true;
    media_ready_ = false;
    return media_->offer(said_direction_,
                         guarded([this](base::Result<model::SessionDescription> ours) {
                           reanswer_ready(std::move(ours));
                         }));
  }
  // An offer of ours that waits for its answer is void: theirs is what is answered. So it is where
  // the callee is asked before there is an offer (Jingle's proposals).
  delayed_offer_ = false;
  story_.described(CallStory::By::them, CallStory::What::offer, *offer);
  const bool held = model::is_hold(*offer);
  media_->answer(*offer, said_direction_,
                 guarded([this, held](base::Result<model::SessionDescription> answer) {
                   if (answer) call_.held_remote = held;
                   reanswer_ready(std::move(answer));
                 }));
}

void CallControl::reanswer_ready(base::Result<model::SessionDescription> answer) {
  if (!alive()) return;
  if (!answer) {
    context_.signalling.refuse_offer(leg_, answer.error().reason == "ENCRYPTION_REQUIRED"
                                               ? ports::Refusal::encryption_required
                                               : ports::Refusal::incompatible_media);
    tell_refused(answer.error());
    media_ready_ = true;
    return negotiation_over();
  }
  const bool is_offer = delayed_offer_ && !media_ready_;
  story_.described(CallStory::By::us, is_offer ? CallStory::What::offer : CallStory::What::answer,
                   *answer);
  context_.signalling.answer_offer(leg_, std::move(*answer));
  // With an offer of ours inside, the exchange ends with the answer in the ACK.
  if (is_offer) {
    negotiation_ = Negotiation::offer_sent;
    return;
  }
  if (!std::exchange(media_ready_, true) && !wants_hold_) media_->transmit(ports::Transmit::live);
  wish_met();
  negotiation_over();
  settle();
}

void CallControl::tell_refused(const base::Error& error) {
  if (!story_.offer_refused(error) || plan_.service) return;
  context_.log.emit(model::Notice{
      "DOWNGRADE_REFUSED",
      "the far end, or somebody in between, asked for the call to go on with less protection; "
      "that was refused, it goes on as it was",
      call_.id.str()});
}

void CallControl::negotiation_over() {
  negotiation_ = Negotiation::idle;
  delayed_offer_ = false;
  if ((renegotiate_again_ || (restart_wanted_ && confirmed_)) && alive()) renegotiate();
}

void CallControl::on_transport(size_t stream, const model::TransportDescription& news) {
  if (!alive()) return;
  story_.candidates(CallStory::By::them, news);
  if (media_) return media_->add_remote_transport(branch_, stream, news);
  // It rings: nothing is done with it before the answer.
  if (!incoming_ || !incoming_->offer || stream >= incoming_->offer->streams.size()) return;
  model::add_news(incoming_->offer->streams[stream].transport, news);
}

void CallControl::on_identity(model::Party remote) {
  if (!alive() || call_.remote == remote) return;
  call_.remote = std::move(remote);
  publish();
}

}  // namespace commd::core
