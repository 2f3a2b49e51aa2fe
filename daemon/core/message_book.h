// The conversations: what is sent, what comes, and what becomes of it. A message is on disk
// before anybody is told of it, a client or a server.
//
// Core thread only; callbacks come on the core thread.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "daemon/base/log.h"
#include "daemon/base/thread_check.h"
#include "daemon/core/account_book.h"
#include "daemon/core/event_log.h"
#include "daemon/ports/clock.h"
#include "daemon/ports/messaging.h"
#include "daemon/ports/store.h"

namespace commd::core {

// The protocol rooms that carry messages, by what they speak.
using MessagingByProtocol = std::map<model::Protocol, ports::Messaging*>;

class MessageBook {
 public:
  using Done = std::function<void(base::Result<model::Message>)>;

  struct Draft {
    std::string address;  // as typed
    std::string account;  // empty: the only one that can reach the address, or the default
    std::string text;
    std::string request_id;
  };

  MessageBook(EventLog& log, AccountBook& accounts, ports::Store& store, const ports::Clock& clock,
              MessagingByProtocol messaging, base::Logger logger);

  // What waited to be sent when the last daemon ended, and what came before it did.
  void restore(const ports::StoredState& state);

  // `done` when it is on disk. It goes out when its account is online.
  // Errors: INVALID_ARGUMENT (address, text, account), NO_ACCOUNT, ACCOUNT_REQUIRED,
  // MESSAGES_NOT_SUPPORTED.
  void send(Draft draft, Done done);
  void get(const std::string& id, Done done);
  // Newest first. `query.peer` as typed.
  void list(ports::MessageQuery query,
            std::function<void(base::Result<std::vector<model::Message>>)> done);

  // An account is up: what waits for it is handed over once more.
  void account_up(const model::AccountId& account);
  // An account is gone for good: nothing of it is sent any more.
  void account_removed(const model::AccountId& account);

  // From the protocol rooms.
  void received(ports::IncomingMessage message);
  void report(const ports::MessageReport& report);

 private:
  using Change = std::function<void(model::Message&)>;

  ports::Messaging* messaging_of(const model::AccountId& account) const;
  base::Result<model::Message> message_of(const Draft& draft) const;
  void hand_over(const model::Message& message);
  void publish(const model::Message& message, std::function<void(base::Result<void>)> done = {});
  // Runs `change` on the message as it is now, after all that was asked for it before.
  void with(const model::MessageId& id, Change change);
  void apply(const ports::MessageReport& report, model::Message& message);
  void keep(const model::Message& message);
  void store(ports::IncomingMessage message, ports::Messaging& from);
  void remember_fingerprint(const std::string& fingerprint);

  EventLog& log_;
  AccountBook& accounts_;
  ports::Store& store_;
  const ports::Clock& clock_;
  MessagingByProtocol messaging_;
  base::Logger logger_;
  base::ThreadCheck thread_;
  // On disk and not yet taken by a server, oldest first.
  std::vector<model::Message> queued_;
  // Outgoing messages of late as they are, so that most reports need no disk.
  std::map<model::MessageId, model::Message> recent_;
  std::deque<model::MessageId> recent_order_;
  // Asked of the disk; what is to be done with them.
  std::map<model::MessageId, std::vector<Change>> wanted_;
  // Of incoming messages of late, or on their way to the disk.
  std::set<std::string> seen_;
  // On their way: whom to acknowledge when they are there.
  std::map<std::string, std::vector<uint64_t>> storing_;
  std::deque<std::string> seen_order_;
  std::map<std::string, model::MessageId> sent_by_request_;
};

}  // namespace commd::core
