#include "daemon/sip/sip_call.h"

#include <sofia-sip/nua_tag.h>
#include <sofia-sip/sip_header.h>
#include <sofia-sip/su_tag_io.h>

#include <utility>

#include "daemon/base/random.h"
#include "daemon/sip/end_reason.h"
#include "daemon/sip/sip_text.h"

namespace commd::sip {
namespace {

// BYE and CANCEL get this long on the wire; the person has been told already.
constexpr auto goodbye_patience = std::chrono::seconds(33);

}  // namespace

SipCall::SipCall(const CallStack& stack, model::LegId leg, ports::InviteRequest request)
    : stack_(stack), leg_(std::move(leg)), account_(request.account), request_(std::move(request)) {
  origin_.session_id = std::to_string(base::random_u32());
  target_ = request_->target;
}

SipCall::SipCall(const CallStack& stack, model::LegId leg, const model::AccountId& account,
                 SipEndpoint& endpoint, nua_handle_t* handle)
    : stack_(stack),
      leg_(std::move(leg)),
      account_(account),
      endpoint_(&endpoint),
      handle_(handle),
      stage_(Stage::ringing) {
  origin_.session_id = std::to_string(base::random_u32());
  nua_handle_bind(handle, magic());
}

SipCall::~SipCall() = default;

void SipCall::tell_ended(const ports::LegEnd& end) {
  if (std::exchange(told_end_, true)) return;
  tell([leg = leg_, end](ports::SignallingEvents& core) { core.ended(leg, end); });
}

void SipCall::finish_handle() {
  stage_ = Stage::over;
  patience_.cancel();
  refresh_.cancel();
  contact_patience_.cancel();
  saved_.drop();
  handle_.reset();
  stack_.over(*this);
}

// The same text keeps its version, a changed one gets the next (RFC 3264 section 8).
std::string SipCall::sdp_of(const model::SessionDescription& description) {
  const std::string ip =
      description.streams.empty() || description.streams[0].transport.rtp.ip.empty()
          ? "127.0.0.1"
          : description.streams[0].transport.rtp.ip;
  SdpOrigin fixed = origin_;
  fixed.version = 0;
  const std::string body = write_sdp(description, fixed, ip, peer_lines_);
  if (body != last_body_) ++origin_.version;
  last_body_ = body;
  return write_sdp(description, origin_, ip, peer_lines_);
}

std::optional<model::SessionDescription> SipCall::description_in(const sip_t* sip) {
  const auto text = sdp_body(sip);
  if (!text) return std::nullopt;
  auto parsed = parse_sdp(*text);
  if (!parsed) {
    stack_.log->warn("event: bad_sdp, leg: {}, problem: {}", leg_.str(), parsed.error().message);
    return std::nullopt;
  }
  peer_lines_ = std::move(parsed->lines);
  return std::move(parsed->description);
}

bool SipCall::keeps_protection(std::optional<model::SessionDescription>& answer) const {
  if (!answer || profile_.check_answer(*answer)) return true;
  stack_.log->warn("event: unprotected_answer, leg: {}", leg_.str());
  return false;
}

void SipCall::end_unprotected() {
  ports::LegEnd end{model::EndReason::encryption_required, model::EndedBy::daemon, {}};
  end.detail.text = "the other side wants no call without encryption, and answered without";
  tell_ended(end);
  hang_up();
}

void SipCall::learn_dialog(const sip_t* sip) {
  if (!sip) return;
  if (sip->sip_call_id && sip->sip_call_id->i_id) call_id_ = sip->sip_call_id->i_id;
  const bool outgoing = request_.has_value();
  const sip_addr_t* local = outgoing ? sip->sip_from : sip->sip_to;
  const sip_addr_t* remote = outgoing ? sip->sip_to : sip->sip_from;
  if (local && local->a_tag) local_tag_ = local->a_tag;
  if (remote && remote->a_tag) remote_tag_ = remote->a_tag;
  if (sip->sip_contact) remote_target_ = uri_text(sip->sip_contact->m_url);
  // RFC 3261 section 12.1: the route set is fixed by what made the dialog; the caller
  // goes it from its last entry, the callee from its first.
  if (std::exchange(has_route_set_, true)) return;
  const sip_record_route_t* hop = sip->sip_record_route;
  while (outgoing && hop && hop->r_next) hop = hop->r_next;
  if (hop) route_hop_ = uri_text(hop->r_url);
}

// Without a route set straight to the peer, which may move (section 12.2.1.1).
std::string SipCall::dialog_hop() const {
  return host_of_uri(route_hop_.empty() ? remote_target_ : route_hop_);
}

std::string SipCall::replaces_value() const {
  if (call_id_.empty() || remote_tag_.empty()) return {};
  return call_id_ + ";to-tag=" + remote_tag_ + ";from-tag=" + local_tag_;
}

void SipCall::end_with(model::EndReason reason) {
  tell_ended({reason, model::EndedBy::daemon, {}});
  hang_up();
}

void SipCall::hang_up() {
  told_end_ = true;  // the core knows: it asked
  if (!handle_) return finish_handle();
  patience_ = stack_.thread.after(goodbye_patience, [this] { finish_handle(); });
  switch (stage_) {
    case Stage::calling:
      stage_ = Stage::cancelling;
      nua_cancel(handle_.get(), TAG_END());
      break;
    case Stage::ringing:
      stage_ = Stage::ending;
      respond(480, "Temporarily Unavailable");
      break;
    case Stage::answered:
    case Stage::confirmed:
      stage_ = Stage::ending;
      bye_waits_ = is_moving();
      if (!bye_waits_) nua_bye(handle_.get(), TAG_END());
      break;
    case Stage::cancelling:
    case Stage::ending:
    case Stage::over:
      break;
  }
}

void SipCall::on_event(SipEndpoint& endpoint, const SipEvent& event) {
  endpoint_ = &endpoint;
  // sofia lets the To tag of a request be missing where it knows the Call-ID and the
  // From tag; both are the peer's choice and may be guessed. (481 or 482 would make
  // sofia end the dialog that it took the request for.)
  const bool request = event.sip && event.sip->sip_request && event.event != nua_i_cancel;
  if (request && to_tag(event.sip).empty()) return answer_now(event, 400, "Bad Request");
  switch (static_cast<int>(event.event)) {
    case nua_r_invite:
      return stage_ == Stage::confirmed || (offering_ && stage_ == Stage::answered)
                 ? on_reinvite_response(event)
                 : on_invite_response(event);
    case nua_i_invite:
      return on_reinvite(event);
    case nua_i_cancel:
      return on_cancel(event);
    case nua_i_ack:
      return on_ack(event);
    case nua_i_bye:
      return on_bye(event);
    case nua_i_update:
      return on_update(event);
    case nua_i_prack:
      return on_prack(event);
    case nua_i_info:
      return on_info(event);
    case nua_i_refer:
      return on_refer(event);
    case nua_i_notify:
      return on_notify(event);
    case nua_r_refer:
      return on_refer_response(event);
    case nua_r_bye:
    case nua_r_info:
    case nua_r_update:
      return on_request_response(event);
    case nua_i_state:
      return on_state(event);
    default:
      break;
  }
  // A request that nobody here understands is answered, never left hanging.
  if (event.status == 0 || event.status == 100) {
    if (event.event == nua_i_message) return stack_.message(endpoint, event, account_);
    if (event.event == nua_i_subscribe || event.event == nua_i_method)
      answer_now(event, 501, "Not Implemented");
    if (event.event == nua_i_options) answer_now(event, 200, "OK");
  }
}

// The dialog is gone, whoever ended it. An INVITE that is repeated (digest, 422, 3xx)
// passes here too and is not an end.
void SipCall::on_state(const SipEvent& event) {
  int state = nua_callstate_init;
  tl_gets(event.tags, NUTAG_CALLSTATE_REF(state), TAG_END());
  // nua itself says BYE to a session that nobody refreshed (RFC 4028 section 10).
  if (state == nua_callstate_terminating && stage_ == Stage::confirmed) return session_expired();
  if (state != nua_callstate_terminated) return;
  const bool over = stage_ == Stage::ending || stage_ == Stage::confirmed ||
                    stage_ == Stage::answered || stage_ == Stage::ringing;
  if (!over) return;
  if (!told_end_) {
    ports::LegEnd end;
    if (event.status >= 300) {
      end = end_of_status(event.status, event.phrase);
      // Nobody confirmed our 200, or a refresh of the session failed.
      end.by = model::EndedBy::network;
    }
    tell_ended(end);
  }
  finish_handle();
}

void SipCall::session_expired() {
  ports::LegEnd end{model::EndReason::timeout, model::EndedBy::network, {}};
  end.detail.text = "the session was not refreshed in time";
  tell_ended(end);
  stage_ = Stage::ending;
}

void SipCall::on_bye(const SipEvent& event) {
  ports::LegEnd end{model::EndReason::hung_up, model::EndedBy::remote, {}};
  end.detail.text = reason_text(event.sip);
  tell_ended(end);
}

}  // namespace commd::sip
