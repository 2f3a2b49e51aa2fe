// A running dialog: re-INVITE and UPDATE both ways, PRACK, INFO, session refreshes.
#include <sofia-sip/nua_tag.h>
#include <sofia-sip/sip_extra.h>
#include <sofia-sip/sip_header.h>
#include <sofia-sip/sip_tag.h>

#include <algorithm>

#include "daemon/sip/end_reason.h"
#include "daemon/sip/sip_call.h"
#include "daemon/sip/sip_text.h"

namespace commd::sip {

void SipCall::answer_now(const SipEvent& event, int status, const char* phrase) {
  if (event.status >= 200) return;  // nua has answered
  nua_respond(event.handle, status, phrase, NUTAG_WITH_THIS(endpoint_->nua()), TAG_END());
}

// ---- session timers ----------------------------------------------------------------

// RFC 4028. nua refreshes by UPDATE where the peer has it. By INVITE it would send the
// last one again, with a description that may have passed; so that is left to the core,
// before nua does it at half of the interval.
void SipCall::keep_session(const sip_t* sip, Role role) {
  refresh_.cancel();
  refresh_after_ = {};
  SipAccount* account = stack_.account(account_);
  if (peer_updates_ || !sip || !account) return;
  auto interval = static_cast<unsigned long>(account->account().settings.session_expires_s);
  bool ours = role == Role::uas;  // of a caller that knows no timers
  if (const sip_session_expires_t* expires = sip->sip_session_expires) {
    interval = expires->x_delta;
    const std::string_view refresher = expires->x_refresher ? expires->x_refresher : "";
    ours = refresher.empty() || refresher == (role == Role::uac ? "uac" : "uas");
  } else if (role == Role::uac) {
    return;
  }
  if (!ours || interval == 0) return;
  refresh_after_ = std::chrono::seconds(std::clamp(interval, 90UL, 86400UL)) * 2 / 5;
  if (role == Role::uac) start_refresh();
}

// The callee counts from the ACK.
void SipCall::start_refresh() {
  if (refresh_after_.count() == 0) return;
  refresh_ = stack_.thread.after(refresh_after_, [this] {
    tell([leg = leg_](ports::SignallingEvents& core) { core.refresh_due(leg); });
  });
}

// ---- what the peer wants ---------------------------------------------------------

void SipCall::on_reinvite(const SipEvent& event) {
  if (event.status >= 200 || pending_ != Pending::none) return;
  drop_waiting_offer();
  const bool has_body = sdp_body(event.sip).has_value();
  auto offer = description_in(event.sip);
  if (has_body && !offer) {
    nua_respond(handle_.get(), 488, "Not Acceptable Here", TAG_END());
    return;
  }
  learn_dialog(event.sip);
  keep_session(event.sip, Role::uas);
  pending_ = Pending::invite;
  offer_in_accept_ = !offer;
  tell([leg = leg_, offer = std::move(offer)](ports::SignallingEvents& core) {
    core.offered(leg, offer);
  });
}

void SipCall::on_update(const SipEvent& event) {
  if (event.status >= 200) return;
  if (!sdp_body(event.sip)) return answer_now(event, 200, "OK");  // a session refresh
  auto offer = description_in(event.sip);
  if (!offer) return answer_now(event, 488, "Not Acceptable Here");
  drop_waiting_offer();
  // RFC 3311 section 5.2: one exchange at a time; before our own answer to the
  // INVITE's offer the peer must wait too.
  if (pending_ != Pending::none || offering_ || stage_ == Stage::calling) {
    // The caller of an early dialog has its offer open until the final answer unless
    // a reliable answer closed it; media of ours starts there only then.
    return answer_now(event, stage_ == Stage::calling ? 500 : 491,
                      stage_ == Stage::calling ? "Server Internal Error" : "Request Pending");
  }
  if (stage_ == Stage::ringing) return answer_now(event, 500, "Server Internal Error");
  learn_dialog(event.sip);
  saved_.keep_current(endpoint_->nua());
  pending_ = Pending::update;
  tell([leg = leg_, offer = std::move(offer)](ports::SignallingEvents& core) {
    core.offered(leg, offer);
  });
}

// Our own 180 was reliable because the caller insisted. It carries no SDP, so an
// offer here has no place before the person has answered.
void SipCall::on_prack(const SipEvent& event) {
  answer_now(event, sdp_body(event.sip) ? 488 : 200,
             sdp_body(event.sip) ? "Not Acceptable Here" : "OK");
}

void SipCall::on_info(const SipEvent& event) {
  if (event.status >= 200) return;
  const auto digit = info_digit(event.sip);
  if (!digit) {
    const bool empty = !event.sip || !event.sip->sip_payload;
    return answer_now(event, empty ? 200 : 415, empty ? "OK" : "Unsupported Media Type");
  }
  answer_now(event, 200, "OK");
  tell([leg = leg_, d = *digit](ports::SignallingEvents& core) { core.digit(leg, d); });
}

// ---- the core's word on it ---------------------------------------------------------

void SipCall::answer_offer(const model::SessionDescription& answer) {
  if (!handle_) return;
  const std::string sdp = sdp_of(answer);
  switch (std::exchange(pending_, Pending::none)) {
    case Pending::invite:
      // With our offer inside, its answer comes in the ACK.
      if (offer_in_accept_) pending_ = Pending::ack;
      respond(200, "OK", sdp);
      break;
    case Pending::update:
    case Pending::prack:
      sent_contact_ = contact();
      if (!sent_contact_.empty()) told_contact_ = sent_contact_;
      nua_respond(handle_.get(), 200, "OK", NUTAG_WITH_SAVED(saved_.get()),
                  TAG_IF(!sent_contact_.empty(), SIPTAG_CONTACT_STR(sent_contact_.c_str())),
                  SIPTAG_CONTENT_TYPE_STR("application/sdp"), SIPTAG_PAYLOAD_STR(sdp.c_str()),
                  TAG_END());
      saved_.drop();
      break;
    case Pending::ack:
      nua_ack(handle_.get(), SIPTAG_CONTENT_TYPE_STR("application/sdp"),
              SIPTAG_PAYLOAD_STR(sdp.c_str()), TAG_END());
      break;
    case Pending::none:
      break;
  }
}

void SipCall::refuse_offer(ports::Refusal refusal) {
  if (!handle_) return;
  const StatusLine line = status_of(refusal);
  switch (std::exchange(pending_, Pending::none)) {
    case Pending::invite:
      nua_respond(handle_.get(), line.code, line.phrase, TAG_END());
      break;
    case Pending::update:
    case Pending::prack:
      nua_respond(handle_.get(), line.code, line.phrase, NUTAG_WITH_SAVED(saved_.get()), TAG_END());
      saved_.drop();
      break;
    case Pending::ack:
      // An offer in a 2xx cannot be refused: the session has no common ground.
      nua_ack(handle_.get(), TAG_END());
      end_with(model::EndReason::incompatible_media);
      break;
    case Pending::none:
      break;
  }
}

// ---- what we want ----------------------------------------------------------------

void SipCall::modify(const model::SessionDescription& offer) {
  if (!handle_ || (stage_ != Stage::confirmed && stage_ != Stage::answered)) return;
  last_offer_ = sdp_of(offer);
  offering_ = true;
  challenges_ = 0;
  offer_waits_ = is_moving();
  if (offer_waits_) return wait_for_contact();
  send_reinvite({});
}

void SipCall::send_reinvite(const std::optional<Authorization>& authorization) {
  const std::string none;
  const std::string& auth = authorization ? authorization->value : none;
  const bool proxy = authorization && authorization->proxy;
  sent_contact_ = contact();
  nua_invite(handle_.get(), SIPTAG_CONTENT_TYPE_STR("application/sdp"),
             SIPTAG_PAYLOAD_STR(last_offer_.c_str()),
             TAG_IF(!sent_contact_.empty(), SIPTAG_CONTACT_STR(sent_contact_.c_str())),
             TAG_IF(!auth.empty() && proxy, SIPTAG_PROXY_AUTHORIZATION_STR(auth.c_str())),
             TAG_IF(!auth.empty() && !proxy, SIPTAG_AUTHORIZATION_STR(auth.c_str())), TAG_END());
}

void SipCall::on_reinvite_response(const SipEvent& event) {
  if (event.status < 200) return;
  if (event.status < 300) return on_reinvite_success(event);
  if (!offering_) return;  // a refresh of nua's own; a fatal one ends the dialog
  if ((event.status == 401 || event.status == 407) && event.sip && challenges_ < 2) {
    SipAccount* account = stack_.account(account_);
    const auto authorization =
        account ? account->answer(*event.sip, "INVITE", remote_target_, challenges_++, dialog_hop(),
                                  RequestStage::fresh)
                : std::nullopt;
    if (authorization) return send_reinvite(authorization);
  }
  offering_ = false;
  const bool glare = event.status == 491;
  tell([leg = leg_, glare, code = event.status](ports::SignallingEvents& core) {
    core.modify_refused(leg, glare, code);
  });
}

void SipCall::on_reinvite_success(const SipEvent& event) {
  learn_dialog(event.sip);
  keep_session(event.sip, Role::uac);
  auto description = description_in(event.sip);
  if (!std::exchange(offering_, false)) {
    // A session refresh that nua sent without SDP: what came back is an offer, and
    // its answer belongs into the ACK.
    if (!description) return (void)nua_ack(handle_.get(), TAG_END());
    pending_ = Pending::ack;
    return tell([leg = leg_, offer = std::move(description)](ports::SignallingEvents& core) {
      core.offered(leg, offer);
    });
  }
  nua_ack(handle_.get(), TAG_END());
  if (!sent_contact_.empty()) told_contact_ = sent_contact_;
  if (!description) return end_with(model::EndReason::protocol_error);
  if (!keeps_protection(description)) return end_unprotected();
  tell([leg = leg_, answer = std::move(*description)](ports::SignallingEvents& core) {
    core.answered(leg, answer);
  });
  contact_settled();  // once more, if it has changed meanwhile
}

void SipCall::send_digit(char digit, unsigned duration_ms) {
  if (!handle_) return;
  const std::string body =
      std::string("Signal=") + digit + "\r\nDuration=" + std::to_string(duration_ms) + "\r\n";
  nua_info(handle_.get(), SIPTAG_CONTENT_TYPE_STR("application/dtmf-relay"),
           SIPTAG_PAYLOAD_STR(body.c_str()), TAG_END());
}

void SipCall::on_request_response(const SipEvent& event) {
  if (event.status < 200) return;
  if (event.event == nua_r_info && event.status >= 300)
    stack_.log->warn("event: digit_refused, leg: {}, code: {}", leg_.str(), event.status);
  if (event.event != nua_r_bye) return;
  if (stage_ == Stage::confirmed) session_expired();  // a BYE that was not ours
  finish_handle();
}

}  // namespace commd::sip
