// The caller's half of CallControl: route, offer, INVITE, forked answers.
#include <utility>

#include "daemon/core/call_book.h"
#include "daemon/core/call_control.h"

namespace commd::core {

using model::CallState;

void CallControl::begin_outgoing(Done done) {
  story_.state(call_);
  publish(guarded([this, done = std::move(done)](const base::Result<void>&) {
    // A call that cannot be logged is placed all the same; status tells of the log.
    done(call_);
    if (alive()) start_outgoing();
  }));
}

void CallControl::start_outgoing() {
  context_.signalling.route(
      call_.account, plan_.target,
      guarded([this](base::Result<ports::MediaRoute> route) { routed(std::move(route)); }));
}

void CallControl::routed(base::Result<ports::MediaRoute> route) {
  if (!alive()) return;
  if (!route) {
    story_.route_failed(route.error());
    const model::EndReason reason = route.error().reason == "TLS_FAILED"
                                        ? model::EndReason::tls_failed
                                        : model::EndReason::unreachable;
    return finish({reason, model::EndedBy::network, {0, {}, route.error().message}});
  }
  use_route(plan_.media, *route);
  open_media([this] {
    if (!alive()) return;
    negotiation_ = Negotiation::creating_offer;
    media_->offer(model::Direction::send_recv,
                  guarded([this](base::Result<model::SessionDescription> offer) {
                    offer_ready(std::move(offer));
                  }));
  });
}

void CallControl::offer_ready(base::Result<model::SessionDescription> offer) {
  if (!alive()) return;
  if (!offer) return fail_media(offer.error());
  negotiation_ = Negotiation::offer_sent;
  ports::InviteRequest request;
  request.account = call_.account;
  request.target = plan_.target;
  story_.described(CallStory::By::us, CallStory::What::offer, *offer);
  request.offer = std::move(*offer);
  request.hide_identity = plan_.hide_number;
  request.replaces = plan_.replaces;
  request.referred_by = plan_.referred_by;
  context_.signalling.invite(leg_, std::move(request));
}

void CallControl::on_progress(const model::BranchId& branch, ports::Progress progress,
                              std::optional<model::SessionDescription> answer) {
  if (!alive() || answered_) return;
  if (progress != ports::Progress::trying) report_to_transferor(180, "Ringing");
  if (progress != ports::Progress::trying && call_.state == CallState::dialing) {
    set_state(CallState::ringing);
    publish();
  }
  if (!answer || !media_) return;
  story_.described(CallStory::By::them, CallStory::What::answer, *answer);
  media_->apply_answer(branch, *answer, guarded([this, branch](base::Result<void> result) {
                         answer_applied(branch, std::move(result), false);
                       }));
}

void CallControl::on_accepted(const model::BranchId& branch,
                              std::optional<model::SessionDescription> answer) {
  if (!alive() || answered_) return;
  answered_ = true;
  confirmed_ = true;
  branch_ = branch;
  call_.answer_time = context_.clock.wall_now();
  if (!media_) return fail_media({base::Code::internal, "MEDIA_FAILED", "no media session", {}});
  media_->choose_branch(branch);
  if (answer) {
    set_state(CallState::connecting);
    publish();
    story_.described(CallStory::By::them, CallStory::What::answer, *answer);
    media_->apply_answer(branch, *answer, guarded([this, branch](base::Result<void> result) {
                           answer_applied(branch, std::move(result), true);
                         }));
    return;
  }
  answer_applied(branch, {}, true);
}

void CallControl::answer_applied(const model::BranchId& branch, base::Result<void> result,
                                 bool final_answer) {
  if (!alive()) return;
  if (!result) {
    // An early answer that cannot be used may be followed by a better branch.
    if (final_answer)
      fail_media(result.error());
    else
      context_.logger->warn("event: early_answer_refused, call: {}, branch: {}, reason: {}",
                            call_.id.str(), branch.str(), result.error().reason);
    return;
  }
  if (!final_answer) {
    if (plan_.early_send) media_->transmit(ports::Transmit::live);
    return;
  }
  media_ready_ = true;
  report_to_transferor(200, "OK");
  media_->transmit(ports::Transmit::live);
  negotiation_over();
  settle();
}

}  // namespace commd::core
