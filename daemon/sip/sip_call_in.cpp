// The callee's half: the INVITE that came in, ringing, the final answer, CANCEL, ACK.
#include <sofia-sip/nua_tag.h>
#include <sofia-sip/sip_header.h>
#include <sofia-sip/sip_status.h>
#include <sofia-sip/sip_tag.h>

#include "daemon/sip/end_reason.h"
#include "daemon/sip/sip_call.h"
#include "daemon/sip/sip_text.h"

namespace commd::sip {

void SipCall::receive(const SipEvent& invite, const std::string& service,
                      const model::LegId& replaces) {
  learn_dialog(invite.sip);
  peer_updates_ = allows_update(invite.sip);
  keep_session(invite.sip, Role::uas);
  reliable_ringing_ = requires_option(invite.sip, "100rel");
  SipAccount* account = stack_.account(account_);
  const MessageSource source = endpoint_->source();
  ports::IncomingCall call;
  call.account = account_;
  call.remote = caller_of(invite.sip);
  call.local = callee_of(invite.sip);
  call.route = account->route_of(source, *endpoint_);
  call.diverted_by = diverted_by(invite.sip);
  call.referred_by = referred_by(invite.sip);
  call.service = service;
  call.replaces = replaces;
  if (sdp_body(invite.sip)) {
    call.offer = description_in(invite.sip);
    if (!call.offer) {
      respond(488, "Not Acceptable Here");
      stage_ = Stage::ending;
      return;
    }
  }
  tell([leg = leg_, call = std::move(call)](ports::SignallingEvents& core) mutable {
    core.incoming(leg, std::move(call));
  });
}

void SipCall::respond(int status, const char* phrase, const std::string& sdp) {
  if (!handle_) return;
  SipAccount* account = stack_.account(account_);
  const std::string contact = status < 300 ? this->contact() : std::string();
  if (!contact.empty()) told_contact_ = contact;
  const unsigned expires = account ? account->account().settings.session_expires_s : 0;
  nua_respond(handle_.get(), status, phrase,
              TAG_IF(!contact.empty(), SIPTAG_CONTACT_STR(contact.c_str())),
              TAG_IF(status < 200 && reliable_ringing_, SIPTAG_REQUIRE_STR("100rel")),
              TAG_IF(status >= 200 && status < 300, NUTAG_SESSION_TIMER(expires)), NUTAG_MIN_SE(90),
              NUTAG_UPDATE_REFRESH(peer_updates_),
              TAG_IF(!sdp.empty(), SIPTAG_CONTENT_TYPE_STR("application/sdp")),
              TAG_IF(!sdp.empty(), SIPTAG_PAYLOAD_STR(sdp.c_str())), TAG_END());
}

void SipCall::ring() {
  if (stage_ == Stage::ringing) respond(180, "Ringing");
}

void SipCall::accept(const model::SessionDescription& description) {
  if (stage_ != Stage::ringing) return;
  stage_ = Stage::answered;
  respond(200, "OK", sdp_of(description));
}

void SipCall::refuse(ports::Refusal refusal) {
  told_end_ = true;
  if (stage_ != Stage::ringing) return hang_up();
  stage_ = Stage::ending;
  const StatusLine line = status_of(refusal);
  patience_ = stack_.thread.after(std::chrono::seconds(33), [this] { finish_handle(); });
  if (refusal == ports::Refusal::overload) {
    nua_respond(handle_.get(), line.code, line.phrase, SIPTAG_RETRY_AFTER_STR("5"), TAG_END());
    return;
  }
  if (refusal == ports::Refusal::encryption_required) {
    // RFC 3261 section 20.43: words for the caller's person.
    nua_respond(handle_.get(), line.code, line.phrase,
                SIPTAG_WARNING_STR("399 commd \"media encryption is required here\""), TAG_END());
    return;
  }
  respond(line.code, line.phrase);
}

void SipCall::redirect(const std::string& target) {
  told_end_ = true;
  if (stage_ != Stage::ringing) return hang_up();
  stage_ = Stage::ending;
  patience_ = stack_.thread.after(std::chrono::seconds(33), [this] { finish_handle(); });
  const std::string contact = "<" + target + ">";
  nua_respond(handle_.get(), SIP_302_MOVED_TEMPORARILY, SIPTAG_CONTACT_STR(contact.c_str()),
              TAG_END());
}

void SipCall::on_cancel(const SipEvent& event) {
  ports::LegEnd end{model::EndReason::cancelled, model::EndedBy::remote, {}};
  // RFC 3326: the call was answered on another phone, so nobody missed it.
  if (reason_cause(event.sip) == 200) end.reason = model::EndReason::answered_elsewhere;
  end.detail.text = reason_text(event.sip);
  tell_ended(end);
}

void SipCall::on_ack(const SipEvent& event) {
  auto answer = description_in(event.sip);
  if (stage_ == Stage::answered) stage_ = Stage::confirmed;
  start_refresh();
  if (pending_ == Pending::ack) pending_ = Pending::none;
  tell([leg = leg_, answer = std::move(answer)](ports::SignallingEvents& core) {
    core.confirmed(leg, answer);
  });
}

}  // namespace commd::sip
