// Where the far end finds us in the middle of a call, when this machine's network changes.
//
// Whatever would be lost between two networks waits until the account is registered from the
// new one: an offer, a BYE. Then one re-INVITE says the new Contact, with what the media has to
// say of its own new addresses.
#include <sofia-sip/nua_tag.h>

#include <utility>

#include "daemon/sip/sip_call.h"

namespace commd::sip {
namespace {

// After that it is tried without hope: as long as a request would have taken to fail.
constexpr std::chrono::seconds contact_patience{32};

}  // namespace

// Empty: the library says the one that it said last.
std::string SipCall::contact() const {
  const SipAccount* account = stack_.account(account_);
  if (!account || !endpoint_) return {};
  return account->contact_on(*endpoint_, request_ ? target_ : remote_target_);
}

bool SipCall::is_moving() const {
  const SipAccount* account = stack_.account(account_);
  return account && account->is_moving();
}

void SipCall::wait_for_contact() {
  contact_patience_ = stack_.thread.after(contact_patience, [this] {
    if (std::exchange(offer_waits_, false)) send_reinvite({});
  });
}

// The peer was first: the core answers its offer instead.
void SipCall::drop_waiting_offer() {
  if (std::exchange(offer_waits_, false)) offering_ = false;
}

// Answers to our INVITE go where nobody listens any more; only that can still be said.
void SipCall::end_unanswered() {
  ports::LegEnd end{model::EndReason::unreachable, model::EndedBy::network, {}};
  end.detail.text = "this machine's network changed before the call was answered";
  tell_ended(end);
  hang_up();
}

void SipCall::contact_settled() {
  if (!handle_) return;
  if (std::exchange(bye_waits_, false)) return nua_bye(handle_.get(), TAG_END());
  if (stage_ == Stage::calling && endpoint_ && endpoint_->moves() != moves_)
    return end_unanswered();
  if (std::exchange(offer_waits_, false)) return send_reinvite({});
  if (stage_ != Stage::confirmed) return;
  // The exchange that is under way says it, or is followed by one that does.
  if (offering_ || pending_ != Pending::none) return;
  const std::string now = contact();
  if (now.empty() || now == told_contact_) return;
  tell([leg = leg_](ports::SignallingEvents& core) { core.refresh_due(leg); });
}

}  // namespace commd::sip
