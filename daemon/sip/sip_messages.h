// Text messages over SIP (RFC 3428, pager mode): what the core has queued goes out, what comes
// is handed to the core and answered 200 when it is on disk.
//
// To one person at one time (RFC 3428 section 8): the next goes when the one before was
// answered, so that they arrive in their order. While the account is not online they wait.
// SIP thread only.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "daemon/base/log.h"
#include "daemon/ports/messaging.h"
#include "daemon/sip/message_gate.h"
#include "daemon/sip/sip_account.h"
#include "daemon/sip/sip_handle.h"
#include "daemon/sip/sip_thread.h"

namespace commd::sip {

class SipMessages {
 public:
  using Tell = std::function<void(std::function<void(ports::MessagingEvents&)>)>;
  using FindAccount = std::function<SipAccount*(const model::AccountId&)>;
  SipMessages(SipThread& thread, FindAccount account, Tell tell, base::Logger log);
  ~SipMessages();

  void send(ports::OutgoingMessage message);
  // The account is online: what waits for it is tried.
  void account_online(const model::AccountId& account);
  // What is to go by it is forgotten (the core has it), what came by it is refused.
  void account_gone(const model::AccountId& account);

  // A MESSAGE for this account, outside of any dialog or in that of a call.
  enum class Within { nothing, call };
  void receive(SipEndpoint& endpoint, const SipEvent& event, const SipAccount& account,
               Within within);
  // Whether one more of this sender's may come in now, be it a message or what is said of one.
  bool admits(const model::AccountId& account, const std::string& sender);
  void acknowledge(uint64_t ticket);
  void not_kept(uint64_t ticket);

  // Every handle goes; nothing is told.
  void drop();

 private:
  class Sending;
  struct Waiting;
  using Conversation = std::pair<model::AccountId, std::string>;

  void begin(const Conversation& conversation);
  void go(const Conversation& conversation, const model::MessageId& id,
          const base::Result<ports::MediaRoute>& route);
  void answered(Sending& sending, const SipEvent& event);
  bool try_again(Sending& sending);
  void finish(const Sending& sending, model::MessageState state, const std::string& reason = {},
              const std::string& message = {});
  Sending* front(const Conversation& conversation, const model::MessageId& id);
  void refuse_waiting(const model::AccountId& account);

  SipThread& thread_;
  FindAccount account_;
  Tell tell_;
  base::Logger log_;
  MessageGate gate_;
  // The first of each is under way, or waits for its account.
  std::map<Conversation, std::deque<std::unique_ptr<Sending>>> queues_;
  // Received, on their way to the disk.
  std::map<uint64_t, std::unique_ptr<Waiting>> waiting_;
  uint64_t next_ticket_ = 1;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace commd::sip
