// ports::Signalling's verbs of calls, handed to the account that has the leg.
#include <utility>

#include "daemon/xmpp/xmpp_signalling_state.h"

namespace commd::xmpp {

void XmppSignalling::route(const model::AccountId& id, const std::string& target,
                           std::function<void(base::Result<ports::MediaRoute>)> done) {
  const auto back = [state = state_.get(),
                     done = std::move(done)](base::Result<ports::MediaRoute> route) {
    state->post([done, route = std::move(route)] { done(route); });
  };
  state_->on_stack([id, target, back](XmppStack& all) {
    bool can = false;
    if (XmppAccount* account = all.account(id))
      account->with_calls([&](XmppCalls& calls) {
        can = true;
        calls.route(target, back);
      });
    if (!can)
      back(base::fail(base::Code::unimplemented, "CALLS_NOT_SUPPORTED",
                      "the account " + id.str() + " cannot call; use another one: --from"));
  });
}

void XmppSignalling::invite(const model::LegId& leg, ports::InviteRequest request) {
  state_->on_stack([state = state_.get(), leg, request = std::move(request)](XmppStack& all) {
    if (XmppAccount* account = all.account(request.account))
      return account->with_calls([&](XmppCalls& calls) { calls.invite(leg, request); });
    state->tell([leg](ports::SignallingEvents& core) {
      core.ended(leg, {model::EndReason::account_offline, model::EndedBy::daemon, {}});
    });
  });
}

void XmppSignalling::ring(const model::LegId& leg) {
  state_->on_leg(leg, [leg](XmppCalls& calls) { calls.ring(leg); });
}

void XmppSignalling::accept(const model::LegId& leg, model::SessionDescription description) {
  state_->on_leg(leg, [leg, description = std::move(description)](XmppCalls& calls) {
    calls.accept(leg, description);
  });
}

void XmppSignalling::refuse(const model::LegId& leg, ports::Refusal refusal) {
  state_->on_leg(leg, [leg, refusal](XmppCalls& calls) { calls.refuse(leg, refusal); });
}

void XmppSignalling::redirect(const model::LegId& leg, const std::string&) {
  refuse(leg, ports::Refusal::unavailable);
}

void XmppSignalling::hang_up(const model::LegId& leg) {
  state_->on_leg(leg, [leg](XmppCalls& calls) { calls.hang_up(leg); });
}

void XmppSignalling::modify(const model::LegId& leg, model::SessionDescription offer) {
  state_->on_leg(leg,
                 [leg, offer = std::move(offer)](XmppCalls& calls) { calls.modify(leg, offer); });
}

void XmppSignalling::tell_transport(const model::LegId& leg, size_t stream,
                                    model::TransportDescription news) {
  state_->on_leg(leg, [leg, stream, news = std::move(news)](XmppCalls& calls) {
    calls.tell_transport(leg, stream, news);
  });
}

void XmppSignalling::answer_offer(const model::LegId& leg, model::SessionDescription answer) {
  state_->on_leg(leg, [leg, answer = std::move(answer)](XmppCalls& calls) {
    calls.answer_offer(leg, answer);
  });
}

void XmppSignalling::refuse_offer(const model::LegId& leg, ports::Refusal refusal) {
  state_->on_leg(leg, [leg, refusal](XmppCalls& calls) { calls.refuse_offer(leg, refusal); });
}

void XmppSignalling::transfer(const model::LegId& leg, const std::string& target) {
  state_->on_leg(leg, [leg, target](XmppCalls& calls) { calls.transfer(leg, target); });
}

void XmppSignalling::transfer_to_leg(const model::LegId& leg, const model::LegId& other) {
  state_->on_leg(leg, [leg, other](XmppCalls& calls) { calls.transfer_to(leg, other); });
}

void XmppSignalling::report_transfer(const model::LegId& leg, int sip_code, const std::string&) {
  state_->on_leg(leg, [leg, sip_code](XmppCalls& calls) { calls.report_transfer(leg, sip_code); });
}

}  // namespace commd::xmpp
