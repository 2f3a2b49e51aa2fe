#include "daemon/sip/sip_mailboxes.h"

#include <sofia-sip/sip_extra.h>
#include <strings.h>

#include <string>
#include <utility>

#include "daemon/sip/message_summary.h"

namespace commd::sip {
namespace {

using model::MailboxState;
using End = EventSubscription::End;

bool wants(const model::Account& account) {
  return account.protocol == model::Protocol::sip && account.settings.register_ &&
         account.settings.message_waiting;
}

MailboxState state_of(End why) {
  switch (why) {
    case End::unsupported:
    case End::unknown:
      return MailboxState::unsupported;
    case End::refused:
      return MailboxState::refused;
    case End::failed:
      break;
  }
  return MailboxState::unknown;
}

std::string_view body_of(const sip_t* sip) {
  const sip_payload_t* payload = sip->sip_payload;
  if (payload == nullptr || payload->pl_data == nullptr) return {};
  return {payload->pl_data, payload->pl_len};
}

bool is_summary(std::string_view type) {
  const std::string_view wanted = message_summary_type;
  return type.size() == wanted.size() &&
         strncasecmp(type.data(), wanted.data(), wanted.size()) == 0;
}

}  // namespace

SipMailboxes::SipMailboxes(SipThread& thread, FindAccount account, Tell tell, base::Logger log)
    : thread_(thread), account_(std::move(account)), tell_(std::move(tell)), log_(std::move(log)) {}

SipMailboxes::~SipMailboxes() = default;

void SipMailboxes::drop() { mailboxes_.clear(); }

// ---- accounts -------------------------------------------------------------------------

void SipMailboxes::account_up(const model::Account& account) {
  Mailbox& mailbox = mailboxes_[account.id];
  if (wants(account) == (mailbox.subscription != nullptr)) return;
  mailbox.unasked = false;
  model::MessageWaiting now;
  if (wants(account)) {
    now.state = MailboxState::unknown;
    mailbox.subscription = subscribe(account);
  } else {
    mailbox.subscription.reset();
  }
  tell(account.id, std::move(now));
  // Where it is not online yet nothing is sent.
  if (mailbox.subscription) mailbox.subscription->start();
}

std::unique_ptr<EventSubscription> SipMailboxes::subscribe(const model::Account& account) {
  const model::AccountId id = account.id;
  EventSubscription::Options options;
  options.account = id;
  options.target = account.address;
  options.event = message_summary_event;
  options.accept = message_summary_type;
  return std::make_unique<EventSubscription>(
      thread_, account_, std::move(options),
      EventSubscription::Events{[this, id](const auto& notice) { noticed(id, notice); },
                                [this, id](const auto& failure) { ended(id, failure); }});
}

void SipMailboxes::account_online(const model::AccountId& account) {
  const auto found = mailboxes_.find(account);
  if (found != mailboxes_.end() && found->second.subscription)
    found->second.subscription->account_online();
}

void SipMailboxes::account_gone(const model::AccountId& account) {
  const auto found = mailboxes_.find(account);
  if (found == mailboxes_.end()) return;
  tell(account, {});
  mailboxes_.erase(account);
}

// ---- what comes -----------------------------------------------------------------------

StatusLine SipMailboxes::receive(const sip_t* sip, const SipAccount& account,
                                 const MessageSource& source) {
  const auto found = mailboxes_.find(account.account().id);
  // What anybody else tells of a mailbox is a lie.
  if (found == mailboxes_.end() || !found->second.subscription || !account.is_server(source))
    return {481, "Subscription Does Not Exist"};
  const sip_content_type_t* type = sip->sip_content_type;
  if (type == nullptr || type->c_type == nullptr || !is_summary(type->c_type))
    return {415, "Unsupported Media Type"};
  auto summary = read_message_summary(body_of(sip));
  if (!summary) return {400, "Bad Summary"};
  found->second.unasked = true;
  tell(account.account().id, std::move(*summary));
  return {200, "OK"};
}

void SipMailboxes::noticed(const model::AccountId& account,
                           const EventSubscription::Notice& notice) {
  // Before it has looked a server tells nothing.
  if (notice.body.empty()) return;
  auto summary = is_summary(notice.type) ? read_message_summary(notice.body) : std::nullopt;
  if (!summary) {
    log_->debug("a summary that cannot be read, account: {}", account.str());
    return;
  }
  mailboxes_[account].unasked = false;
  tell(account, std::move(*summary));
}

void SipMailboxes::ended(const model::AccountId& account,
                         const EventSubscription::Failure& failure) {
  log_->debug("message waiting ended, account: {}, {}", account.str(), failure.words);
  const Mailbox& mailbox = mailboxes_[account];
  const MailboxState state = state_of(failure.why);
  // What was told stays what was told last; a server that tells unasked need not be asked.
  if (mailbox.told.state == MailboxState::known &&
      (state == MailboxState::unknown || mailbox.unasked))
    return;
  model::MessageWaiting now;
  now.state = state;
  now.state_message = failure.words;
  tell(account, std::move(now));
}

void SipMailboxes::tell(const model::AccountId& account, model::MessageWaiting now) {
  model::MessageWaiting& told = mailboxes_[account].told;
  if (told == now) return;
  told = now;
  tell_([account, now = std::move(now)](ports::SignallingEvents& core) {
    core.message_waiting(account, now);
  });
}

}  // namespace commd::sip
