// Whether messages wait at the servers of the accounts (RFC 3842): each account that registers
// asks its server to tell, and takes what that server tells unasked, as many do.
//
// SIP thread only.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string_view>

#include "daemon/base/log.h"
#include "daemon/ports/signalling.h"
#include "daemon/sip/end_reason.h"
#include "daemon/sip/event_subscription.h"
#include "daemon/sip/sip_account.h"
#include "daemon/sip/sip_thread.h"

namespace commd::sip {

class SipMailboxes {
 public:
  using Tell = std::function<void(std::function<void(ports::SignallingEvents&)>)>;
  using FindAccount = EventSubscription::FindAccount;
  SipMailboxes(SipThread& thread, FindAccount account, Tell tell, base::Logger log);
  ~SipMailboxes();

  // It is there, or its settings have changed.
  void account_up(const model::Account& account);
  void account_online(const model::AccountId& account);
  void account_gone(const model::AccountId& account);

  // A NOTIFY of no dialog that names `message-summary`; the answer to it.
  StatusLine receive(const sip_t* sip, const SipAccount& account, const MessageSource& source);

  // Every handle goes; nothing is told.
  void drop();

 private:
  struct Mailbox {
    model::MessageWaiting told;
    bool unasked = false;  // what is known came unasked
    std::unique_ptr<EventSubscription> subscription;
  };

  std::unique_ptr<EventSubscription> subscribe(const model::Account& account);
  void noticed(const model::AccountId& account, const EventSubscription::Notice& notice);
  void ended(const model::AccountId& account, const EventSubscription::Failure& failure);
  void tell(const model::AccountId& account, model::MessageWaiting now);

  SipThread& thread_;
  FindAccount account_;
  Tell tell_;
  base::Logger log_;
  std::map<model::AccountId, Mailbox> mailboxes_;
};

}  // namespace commd::sip
