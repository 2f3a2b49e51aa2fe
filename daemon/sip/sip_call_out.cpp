// The caller's half: INVITE, provisional answers of every fork, the final one, and
// what is tried again: digest, 3xx, 421, 422, 488.
#include <sofia-sip/nta.h>
#include <sofia-sip/nua_tag.h>
#include <sofia-sip/sip_header.h>
#include <sofia-sip/sip_tag.h>

#include "daemon/base/escape.h"
#include "daemon/base/random.h"
#include "daemon/sip/end_reason.h"
#include "daemon/sip/sip_call.h"
#include "daemon/sip/sip_text.h"
#include "daemon/sip/tls_refusal.h"

namespace commd::sip {
namespace {

constexpr unsigned max_redirects = 5;
constexpr unsigned max_challenges = 2;

const char* or_null(const std::string& text) { return text.empty() ? nullptr : text.c_str(); }

}  // namespace

void SipCall::start() {
  // Ours to choose, so that a repeated INVITE is the same call to the servers
  // (RFC 3261 section 8.1.3.5).
  call_id_ = base::random_token(24);
  local_tag_ = base::random_token(12);
  profile_ = OfferProfile(request_->offer);
  write_offer();
  send_invite();
}

void SipCall::write_offer() {
  peer_lines_ = profile_.lines();
  last_offer_ = sdp_of(request_->offer);
}

void SipCall::send_invite() {
  SipAccount* account = stack_.account(account_);
  if (!account) {
    return end_with(model::EndReason::account_offline);
  }
  const auto departure = account->departure(target_, request_->hide_identity);
  if (!departure) {
    ports::LegEnd end{model::EndReason::unreachable, model::EndedBy::network, {}};
    end.detail.text = departure.error().message;
    tell_ended(end);
    return finish_handle();
  }
  endpoint_ = departure->endpoint;
  targets_tried_.insert(target_);
  const std::string to = "<" + target_ + ">";
  const std::string from = departure->from + ";tag=" + local_tag_;
  handle_ = SipHandle(nua_handle(endpoint_->nua(), magic(), SIPTAG_TO_STR(to.c_str()),
                                 SIPTAG_FROM_STR(from.c_str()), TAG_END()));
  if (!handle_) {
    ports::LegEnd end{model::EndReason::not_found, model::EndedBy::daemon, {}};
    end.detail.text = "the address cannot be called";
    tell_ended(end);
    return finish_handle();
  }
  repeat_invite({});
}

// Sends the INVITE, or the same once more with what the answer asked for.
void SipCall::repeat_invite(const std::optional<Authorization>& authorization) {
  SipAccount* account = stack_.account(account_);
  const auto departure = account->departure(target_, request_->hide_identity);
  if (!departure) return end_with(model::EndReason::unreachable);
  const unsigned expires = account->account().settings.session_expires_s;
  // Without 100rel: a reliable answer of one fork would end the others (SIP.md).
  const char* supported = use_100rel_ ? "timer, replaces, 100rel" : "timer, replaces";
  const std::string replaces = request_->replaces;
  const std::string referred_by = request_->referred_by;
  const std::string none;
  const std::string& auth = authorization ? authorization->value : none;
  const bool proxy = authorization && authorization->proxy;
  told_contact_ = departure->contact;
  moves_ = endpoint_->moves();
  nua_invite(
      handle_.get(), NUTAG_URL(target_.c_str()), SIPTAG_CALL_ID_STR(call_id_.c_str()),
      SIPTAG_CONTACT_STR(departure->contact.c_str()),
      TAG_IF(!departure->route.empty(), NUTAG_INITIAL_ROUTE_STR(departure->route.c_str())),
      SIPTAG_SUPPORTED_STR(supported), NUTAG_SESSION_TIMER(expires),
      NUTAG_MIN_SE(min_se_ > 90 ? min_se_ : 90), TAG_IF(use_100rel_, SIPTAG_REQUIRE_STR("100rel")),
      TAG_IF(!auth.empty() && proxy, SIPTAG_PROXY_AUTHORIZATION_STR(auth.c_str())),
      TAG_IF(!auth.empty() && !proxy, SIPTAG_AUTHORIZATION_STR(auth.c_str())),
      TAG_IF(!replaces.empty(), SIPTAG_REPLACES_STR(or_null(replaces))),
      TAG_IF(!referred_by.empty(), SIPTAG_REFERRED_BY_STR(or_null(referred_by))),
      TAG_IF(!departure->privacy.empty(), SIPTAG_PRIVACY_STR(or_null(departure->privacy))),
      TAG_IF(!departure->preferred_identity.empty(),
             SIPTAG_HEADER_STR(("P-Preferred-Identity: " + departure->preferred_identity).c_str())),
      SIPTAG_CONTENT_TYPE_STR("application/sdp"), SIPTAG_PAYLOAD_STR(last_offer_.c_str()),
      TAG_END());
}

void SipCall::on_invite_response(const SipEvent& event) {
  if (stage_ != Stage::calling && stage_ != Stage::cancelling) return;
  if (event.status < 200) return on_provisional(event);
  if (event.status < 300) return on_success(event);
  on_failure(event);
}

void SipCall::on_provisional(const SipEvent& event) {
  if (stage_ != Stage::calling || !event.sip) return;
  acknowledge_reliable(event);
  const model::BranchId branch(to_tag(event.sip));
  ports::Progress progress = ports::Progress::trying;
  if (event.status >= 180) progress = ports::Progress::ringing;
  auto answer = description_in(event.sip);
  if (!keeps_protection(answer)) answer.reset();
  if (answer) progress = ports::Progress::early_media;
  if (event.status == 100) return;
  alerted_ = true;
  tell([leg = leg_, branch, progress, answer = std::move(answer)](ports::SignallingEvents& core) {
    core.progress(leg, branch, progress, answer);
  });
}

// RFC 3262: a reliable provisional answer wants its PRACK.
void SipCall::acknowledge_reliable(const SipEvent& event) {
  if (!event.sip->sip_rseq || !event.sip->sip_cseq) return;
  sip_rack_t rack[1];
  sip_rack_init(rack);
  rack->ra_response = event.sip->sip_rseq->rs_response;
  rack->ra_cseq = event.sip->sip_cseq->cs_seq;
  rack->ra_method = event.sip->sip_cseq->cs_method;
  rack->ra_method_name = event.sip->sip_cseq->cs_method_name;
  nua_prack(handle_.get(), SIPTAG_RACK(rack), TAG_END());
}

void SipCall::on_success(const SipEvent& event) {
  learn_dialog(event.sip);
  // RFC 4028 section 7.4: a session is refreshed by UPDATE only where the peer has it.
  peer_updates_ = allows_update(event.sip);
  if (peer_updates_) nua_set_hparams(handle_.get(), NUTAG_UPDATE_REFRESH(1), TAG_END());
  keep_session(event.sip, Role::uac);
  nua_ack(handle_.get(), TAG_END());
  if (stage_ == Stage::cancelling) {
    // The answer crossed our CANCEL (RFC 3261 section 9.1): the dialog is there and
    // must be ended.
    stage_ = Stage::ending;
    nua_bye(handle_.get(), TAG_END());
    return;
  }
  stage_ = Stage::confirmed;
  const model::BranchId branch(to_tag(event.sip));
  auto answer = description_in(event.sip);
  if (!answer && sdp_body(event.sip)) {
    ports::LegEnd end{model::EndReason::protocol_error, model::EndedBy::daemon, {}};
    end.detail.text = "the answer's SDP cannot be read";
    tell_ended(end);
    return hang_up();
  }
  if (!keeps_protection(answer)) return end_unprotected();
  tell([leg = leg_, branch, answer = std::move(answer)](ports::SignallingEvents& core) {
    core.accepted(leg, branch, answer);
  });
}

// Where the INVITE went first: the account's route, else the target itself.
std::string SipCall::first_hop() const {
  SipAccount* account = stack_.account(account_);
  const auto departure =
      account ? account->departure(target_, false) : base::Result<Departure>(Departure{});
  return departure && !departure->route.empty() ? departure->route : target_;
}

// Why TLS to the first hop was refused, if it was.
std::optional<std::string> SipCall::tls_failure() const {
  if (!endpoint_ || !endpoint_->tls()) return std::nullopt;
  const std::string hop = first_hop();
  const auto failure = tls_refusal(*endpoint_, host_of_uri(hop), port_of_uri(hop, 0), {});
  if (!failure) return std::nullopt;
  return failure->message(std::chrono::system_clock::now());
}

void SipCall::on_failure(const SipEvent& event) {
  if (stage_ == Stage::cancelling) return finish_handle();
  if (retry(event)) return;
  // An answer that the stack made up: nobody was reached.
  const bool made_up = !event.sip || nta_sip_is_internal(event.sip) != 0;
  ports::LegEnd end = made_up ? end_of_made_up(event.status, event.phrase)
                              : end_of_status(event.status, event.phrase);
  const std::string why = reason_text(event.sip);
  if (!why.empty()) end.detail.text = why;
  if (made_up && event.status >= 500) {
    if (const auto failure = tls_failure()) {
      end.reason = model::EndReason::tls_failed;
      end.detail.text = *failure;
    }
  }
  tell_ended(end);
  finish_handle();
}

bool SipCall::retry(const SipEvent& event) {
  if (!event.sip || told_end_) return false;
  switch (event.status) {
    case 401:
    case 407: {
      SipAccount* account = stack_.account(account_);
      if (!account || challenges_ >= max_challenges) return false;
      const auto stage = alerted_ ? RequestStage::alerted : RequestStage::fresh;
      const auto authorization = account->answer(*event.sip, "INVITE", target_, challenges_++,
                                                 host_of_uri(first_hop()), stage);
      if (!authorization) return false;
      repeat_invite(authorization);
      return true;
    }
    case 421:  // RFC 3261 section 8.1.3.5: a peer that insists on reliable answers
      if (use_100rel_ || !requires_option(event.sip, "100rel")) return false;
      use_100rel_ = true;
      repeat_invite({});
      return true;
    case 422:
      if (!event.sip->sip_min_se || min_se_ > 0) return false;
      min_se_ = static_cast<unsigned>(event.sip->sip_min_se->min_delta);
      if (min_se_ > 86400) return false;
      repeat_invite({});
      return true;
    case 488:
    case 606:
      return offer_next_profile();
    default:
      return event.status >= 300 && event.status < 400 && follow_redirect(event.sip);
  }
}

// The same offer by a name that demands protection, to a peer that takes nothing else. Not once
// somebody was called to the phone: it would ring again.
bool SipCall::offer_next_profile() {
  if (alerted_ || !profile_.next()) return false;
  stack_.log->info("event: offer_refused, leg: {}, next: {}", leg_.str(),
                   profile_.lines().front().protocol);
  challenges_ = 0;
  write_offer();
  repeat_invite({});
  return true;
}

// 3xx: only to SIP addresses, only through the account's own way out, at most five
// times and never twice to the same (RFC 3261 section 8.1.3.4).
bool SipCall::follow_redirect(const sip_t* sip) {
  if (!sip->sip_contact || redirects_ >= max_redirects) return false;
  const std::string next = uri_text(sip->sip_contact->m_url);
  const bool sip_uri = next.starts_with("sip:") || next.starts_with("sips:");
  // Never from a protected address to one that is not.
  if (!sip_uri || targets_tried_.contains(next) ||
      (target_.starts_with("sips:") && !next.starts_with("sips:")))
    return false;
  ++redirects_;
  challenges_ = 0;
  alerted_ = false;
  target_ = next;
  handle_.reset();
  send_invite();
  return true;
}

}  // namespace commd::sip
