// The conversations: what is sent, what comes, and what becomes of it. A message is on disk
// before anybody is told of it, a client or a server.
//
// Core thread only; callbacks come on the core thread.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "daemon/base/log.h"
#include "daemon/base/thread_check.h"
#include "daemon/core/account_book.h"
#include "daemon/core/dial_plan.h"
#include "daemon/core/event_log.h"
#include "daemon/core/message_address.h"
#include "daemon/core/outbox.h"
#include "daemon/core/room_book.h"
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
    std::string reply_to{};  // a message's id
    std::string local{};     // of a component: who of its domain writes; empty: itself
    model::Attachment attachment{};
  };

  MessageBook(EventLog& log, AccountBook& accounts, RoomBook& rooms, ports::Store& store,
              const ports::Clock& clock, MessagingByProtocol messaging, base::Logger logger);

  // Who is meant by a name; without it all is as it was typed.
  void set_names(NamesOfPeople names) { names_ = std::move(names); }
  // What waited to be sent when the last daemon ended, and what came before it did.
  void restore(const ports::StoredState& state);

  // `done` when it is on disk. It goes out when its account is online.
  // Errors: INVALID_ARGUMENT (address, text, account, reply_to), NO_ACCOUNT, ACCOUNT_REQUIRED,
  // MESSAGES_NOT_SUPPORTED.
  void send(Draft draft, Done done);
  // `id`: or a unique prefix.
  void get(const std::string& id, Done done);
  // `query.peer` as typed, `query.account` as AccountBook::find() takes it, or the id of one
  // that is gone.
  void list(ports::MessageQuery query,
            std::function<void(base::Result<std::vector<model::Message>>)> done);

  // Whom a typed address or name stands for, as Message::peer has it. Errors as of list().
  base::Result<std::string> peer_of(const std::string& typed) const;

  // `query.account` as for list().
  void conversations(ports::ConversationQuery query,
                     std::function<void(base::Result<std::vector<model::Conversation>>)> done);

  // What can be said of a message afterwards. It is on disk when `done` is called, and goes
  // out like a message. `id`: or a unique prefix. Errors: NOT_FOUND, AMBIGUOUS, INVALID_ARGUMENT
  // (text, emojis), NOT_OWN_MESSAGE, MESSAGE_RETRACTED, MESSAGE_NOT_SENT, MESSAGE_UNNAMED,
  // MESSAGES_NOT_SUPPORTED.
  void correct(const std::string& id, const std::string& text, Done done);
  void retract(const std::string& id, Done done);
  void react(const std::string& id, std::vector<std::string> emojis, Done done);
  // An incoming message, and all before it of its conversation; `done` with the number of those
  // that were not read before. INVALID_ARGUMENT for an outgoing one.
  void mark_read(const std::string& id, std::function<void(base::Result<size_t>)> done);
  // What a message has attached was asked for.
  void set_fetched(const model::MessageId& id, const model::TransferId& transfer);
  // Errors as of send().
  base::Result<void> set_typing(const std::string& address, const std::string& account,
                                model::Typing state);

  // An account is up: what waits for it is handed over once more.
  void account_up(const model::AccountId& account);
  // An account is gone for good: nothing of it is sent any more.
  void account_removed(const model::AccountId& account);

  // From the protocol rooms.
  void received(ports::IncomingMessage message);
  void report(const ports::MessageReport& report);
  void typing(const ports::TypingNews& news);

 private:
  using Change = std::function<void(model::Message&)>;
  using Absent = std::function<void()>;
  using Failed = std::function<void(const base::Error&)>;
  // A message as the wire names it.
  struct Wire {
    model::AccountId account;
    std::string peer;
    std::string id;
    std::optional<model::MessageDirection> direction{};  // absent: any
  };

  ports::Messaging* messaging_of(const model::AccountId& account) const;
  // Also by the name of somebody, and to an occupant of a room, where that is known.
  base::Result<MessageWay> way_of(const std::string& typed, const std::string& account) const;
  base::Result<model::Message> message_of(const Draft& draft) const;
  base::Result<void> resolve(ports::MessageQuery& query) const;
  base::Result<void> resolve(model::AccountId& named) const;
  void begin_sending(model::Message message, Done done);
  void hand_over(const model::Message& message, bool again);
  void hand_over(const model::Amendment& amendment, bool again);
  void publish(const model::Message& message, std::function<void(base::Result<void>)> done = {});
  // The message that is meant by an id or the beginning of one, as it is now.
  void resolve(const std::string& id, std::function<void(base::Result<model::Message*>)> then);
  // Runs `change` on the message as it is now, after all that was asked for it before.
  // `failed`: the disk could not be read; left out, that is as if it were not there.
  void with(const model::MessageId& id, Change change, Absent absent = {}, Failed failed = {});
  void with_wire(const Wire& wire, Change change, Absent absent, Failed failed = {});
  model::Message* recent(const Wire& wire);
  void apply(const ports::MessageReport& report, model::Message& message);
  bool amendment_sent(const ports::MessageReport& report);
  void keep(const model::Message& message);
  void forget(const model::MessageId& id);
  void take_new(ports::IncomingMessage message, ports::Messaging& from);
  void take_own(const ports::IncomingMessage& in, model::Message& message, ports::Messaging& from);
  void take_message(ports::IncomingMessage message, ports::Messaging& from);
  void take_amendment(ports::IncomingMessage message, ports::Messaging& from);
  // What is said of nothing that is here, or not by who wrote it.
  void take_unfounded(ports::IncomingMessage in, ports::Messaging& from);
  void amend_by(const ports::IncomingMessage& in, model::Message& message, ports::Messaging& from);
  Failed unread(const ports::IncomingMessage& message, ports::Messaging& from);
  void store(ports::IncomingMessage message, ports::Messaging& from);
  base::WallTime time_of(const ports::IncomingMessage& message);
  // Of one that came: it is dealt with, or could not be stored.
  void settle(const ports::IncomingMessage& message, ports::Messaging& from,
              const base::Result<void>& stored);
  void remember_fingerprint(const std::string& fingerprint);

  // One of ours is changed and said so, or neither.
  void amend_from_here(model::Message& message, model::Amendment amendment, Done done);
  model::Amendment amendment_of(const model::Message& message, model::AmendmentKind kind) const;
  base::Result<void> may_amend(const model::Message& message, model::AmendmentKind kind) const;
  void undo(const model::Message& changed, const model::Message& old);
  void change_own(const std::string& id, model::AmendmentKind kind, const std::string& text,
                  Done done);
  // All unread ones up to that one, the newest last.
  void up_to(const model::Message& message, std::function<void(std::vector<model::Message>)> then);
  void mark_and_tell(std::vector<model::Message> unread,
                     const std::function<void(base::Result<size_t>)>& done);
  void mark(std::vector<model::Message> messages, std::vector<ports::Change> more,
            std::function<void(base::Result<void>)> done);

  EventLog& log_;
  AccountBook& accounts_;
  RoomBook& rooms_;
  ports::Store& store_;
  const ports::Clock& clock_;
  MessagingByProtocol messaging_;
  NamesOfPeople names_ = [](const std::string& typed) -> base::Result<std::string> {
    return typed;
  };
  base::Logger logger_;
  base::ThreadCheck thread_;
  // On disk and not yet taken by a server, oldest first.
  Outbox<model::Message> queued_;
  Outbox<model::Amendment> queued_amendments_;
  // Messages of late as they are, so that most reports need no disk; and those that are on
  // their way to it.
  std::map<model::MessageId, model::Message> recent_;
  std::deque<model::MessageId> recent_order_;
  std::map<std::string, model::MessageId> recent_by_wire_;
  // Asked of the disk; what is to be done with them.
  struct Wanted {
    Change change;
    Absent absent;
    Failed failed;
    void without(const base::Result<std::vector<model::Message>>& rows) const;
  };
  std::map<model::MessageId, std::vector<Wanted>> wanted_;
  std::map<std::string, std::vector<Wanted>> wanted_by_wire_;
  // Of what came of late, or is on its way to the disk; and of amendments sent from here.
  std::set<std::string> seen_;
  // On their way: whom to acknowledge when they are there.
  std::map<std::string, std::vector<uint64_t>> storing_;
  std::deque<std::string> seen_order_;
  std::map<std::string, model::MessageId> sent_by_request_;
  base::WallTime last_told_{};  // the time of the last message that came
};

}  // namespace commd::core
