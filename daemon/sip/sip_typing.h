// Whether somebody types, over SIP (RFC 3994). What is told of others holds as long as they
// say; what this person does is told to whoever understands it: somebody who refuses it once
// is told no more while the daemon runs.
//
// SIP thread only.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>

#include "daemon/base/log.h"
#include "daemon/ports/messaging.h"
#include "daemon/sip/end_reason.h"
#include "daemon/sip/sip_account.h"
#include "daemon/sip/sip_handle.h"
#include "daemon/sip/sip_thread.h"

namespace commd::sip {

class SipTyping {
 public:
  using Tell = std::function<void(std::function<void(ports::MessagingEvents&)>)>;
  using FindAccount = std::function<SipAccount*(const model::AccountId&)>;
  SipTyping(SipThread& thread, FindAccount account, Tell tell, base::Logger log);
  ~SipTyping();

  // Whether a MESSAGE is of this kind.
  static bool is_typing(const sip_t* sip);
  // The answer to it.
  StatusLine receive(const sip_t* sip, const model::AccountId& account, const std::string& sender);
  // A text of his came: he has stopped (section 3.3).
  void message_came(const model::AccountId& account, const std::string& sender) {
    stopped({account, sender});
  }
  // This person types, or does not. Nothing is told where the account is offline.
  void set(const ports::TypingNews& news);

  void account_gone(const model::AccountId& account);
  // Every handle goes; nothing is told.
  void drop();

 private:
  class Telling;
  using Conversation = std::pair<model::AccountId, std::string>;

  void go(const Conversation& who, const base::Result<ports::MediaRoute>& route);
  void answered(Telling& telling, const SipEvent& event);
  void over(const Conversation& who);
  void stopped(const Conversation& who);

  SipThread& thread_;
  FindAccount account_;
  Tell tell_;
  base::Logger log_;
  std::map<Conversation, SipTimer> typing_;  // who does now
  std::map<Conversation, std::unique_ptr<Telling>> telling_;
  std::set<Conversation> deaf_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace commd::sip
