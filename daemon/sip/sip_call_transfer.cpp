// Transfer (RFC 3515, 3891, 3892, 5589), both roles.
#include <sofia-sip/nua_tag.h>
#include <sofia-sip/sip_header.h>
#include <sofia-sip/sip_tag.h>

#include "daemon/base/escape.h"
#include "daemon/sip/sip_call.h"
#include "daemon/sip/sip_text.h"

namespace commd::sip {

// ---- we ask ----------------------------------------------------------------------

void SipCall::transfer(const std::string& target) {
  if (!handle_ || stage_ != Stage::confirmed) return;
  refer_target_ = target;
  SipAccount* account = stack_.account(account_);
  const std::string refer_to = "<" + target + ">";
  const std::string by = account ? "<" + account->account().address + ">" : "";
  nua_refer(handle_.get(), SIPTAG_REFER_TO_STR(refer_to.c_str()),
            TAG_IF(!by.empty(), SIPTAG_REFERRED_BY_STR(by.c_str())), TAG_END());
}

void SipCall::transfer_to(SipCall& other) {
  const std::string replaces = other.replaces_value();
  if (replaces.empty() || other.remote_target_.empty())
    return tell_transfer(model::TransferStatus::State::failed, 0, "the other call has no dialog");
  transfer(other.remote_target_ + "?Replaces=" + escape_uri_header(replaces));
}

void SipCall::tell_transfer(model::TransferStatus::State state, int code, const std::string& text) {
  model::TransferStatus status{state, {}, code, text};
  tell(
      [leg = leg_, status](ports::SignallingEvents& core) { core.transfer_progress(leg, status); });
}

void SipCall::on_refer_response(const SipEvent& event) {
  using State = model::TransferStatus::State;
  if (event.status < 200) return;
  if (event.status < 300) return tell_transfer(State::accepted, event.status, {});
  tell_transfer(State::failed, event.status, base::to_valid_utf8(event.phrase));
}

// NOTIFY of the subscription that our REFER made; its body is a sipfrag.
void SipCall::on_notify(const SipEvent& event) {
  using State = model::TransferStatus::State;
  const bool ours = event.sip && event.sip->sip_event && event.sip->sip_event->o_type &&
                    std::string_view(event.sip->sip_event->o_type) == "refer" &&
                    !refer_target_.empty();
  if (!ours) return answer_now(event, 481, "Subscription Does Not Exist");
  answer_now(event, 200, "OK");
  const auto fragment = sipfrag_status(event.sip);
  if (!fragment) return;
  const auto& [code, phrase] = *fragment;
  if (code < 200) return tell_transfer(State::accepted, code, phrase);
  tell_transfer(code < 300 ? State::succeeded : State::failed, code, phrase);
  refer_target_.clear();
}

// ---- the peer asks ------------------------------------------------------------------

void SipCall::on_refer(const SipEvent& event) {
  if (event.status >= 200) return;
  const auto target = refer_to(event.sip);
  if (stage_ != Stage::confirmed || !target || !refer_event_.empty())
    return answer_now(event, target ? 603 : 400, target ? "Decline" : "Bad Refer-To");
  sip_event_t const* refer_event = nullptr;
  tl_gets(event.tags, NUTAG_REFER_EVENT_REF(refer_event), TAG_END());
  refer_event_ = "refer";
  if (refer_event && refer_event->o_id) refer_event_ += std::string(";id=") + refer_event->o_id;
  // 202 says no more than "received"; the word of the core follows in NOTIFY.
  answer_now(event, 202, "Accepted");
  tell([leg = leg_, target = *target, by = referred_by(event.sip)](ports::SignallingEvents& core) {
    core.transfer_requested(leg, target.uri, target.replaces, by);
  });
}

void SipCall::accept_transfer() { report_transfer(100, "Trying"); }

void SipCall::refuse_transfer() { report_transfer(603, "Decline"); }

void SipCall::report_transfer(int sip_code, const std::string& phrase) {
  if (!handle_ || refer_event_.empty() || stage_ != Stage::confirmed) return;
  const bool last = sip_code >= 200;
  // A body of this kind ends in CRLF.
  const std::string body = "SIP/2.0 " + std::to_string(sip_code) + " " +
                           (phrase.empty() ? "Done" : one_line(phrase)) + "\r\n";
  nua_notify(handle_.get(), SIPTAG_EVENT_STR(refer_event_.c_str()),
             NUTAG_SUBSTATE(last ? nua_substate_terminated : nua_substate_active),
             TAG_IF(last, SIPTAG_SUBSCRIPTION_STATE_STR("terminated;reason=noresource")),
             TAG_IF(!last, SIPTAG_SUBSCRIPTION_STATE_STR("active;expires=60")),
             SIPTAG_CONTENT_TYPE_STR("message/sipfrag;version=2.0"),
             SIPTAG_PAYLOAD_STR(body.c_str()), TAG_END());
  if (last) refer_event_.clear();
}

}  // namespace commd::sip
