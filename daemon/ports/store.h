// What outlives the daemon: accounts, the call log, the event log, small facts.
//
// One writer. Changes of a batch are committed together; batches are committed in
// the order given, several in one transaction under load (within 2 ms or 256
// rows). A batch whose `done` was called survives a kill -9.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "daemon/base/result.h"
#include "daemon/model/account.h"
#include "daemon/model/call.h"
#include "daemon/model/call_trace.h"
#include "daemon/model/message.h"
#include "daemon/model/person.h"
#include "daemon/model/transfer.h"

namespace commd::ports {

struct PutAccount {
  model::Account account;  // its state fields are not stored
};
struct EraseAccount {
  model::AccountId id;
};
struct PutCall {
  model::Call call;
};
// What happened to a call of the log; goes when that goes.
struct PutTrace {
  model::CallId call;
  std::vector<model::TraceStep> steps;
};
struct PutMessage {
  model::Message message;
};
struct PutAmendment {
  model::Amendment amendment;
};
struct PutPerson {
  model::Person person;
};
struct ErasePerson {
  model::PersonId id;
};
struct PutTransfer {
  model::FileTransfer transfer;
};
struct EraseTransfer {
  model::TransferId id;
};
// An event as the watch stream sends it; opaque here.
struct AppendEvent {
  uint64_t sequence = 0;
  std::shared_ptr<const std::string> bytes;
};
// A small fact by name, for example "digest.sha256_seen/<account>/<realm>". An
// empty value erases it.
struct PutFact {
  std::string key;
  std::string value;
};
using Change =
    std::variant<PutAccount, EraseAccount, PutCall, PutTrace, PutMessage, PutAmendment, PutPerson,
                 ErasePerson, PutTransfer, EraseTransfer, AppendEvent, PutFact>;

struct StoredState {
  std::vector<model::Account> accounts;
  // Calls that were alive when the last daemon ended.
  std::vector<model::Call> unended_calls;
  // Outgoing messages that no server has taken yet, oldest first.
  std::vector<model::Message> queued_messages;
  // What was to be said of messages, and no server has taken yet, oldest first.
  std::vector<model::Amendment> queued_amendments;
  // Of the newest 4,000 messages that were not sent from here, and of the newest 4,000
  // amendments; each oldest first.
  std::vector<std::string> fingerprints;
  std::map<std::string, std::string> facts;
  std::vector<model::Person> people;
  // Names this event log; part of every resume token. Random, made with the file.
  std::string log_id;
  uint64_t last_sequence = 0;
  uint64_t first_sequence = 1;  // older events were pruned
  // All file transfers, oldest first.
  std::vector<model::FileTransfer> transfers{};
};

// Newest first.
struct CallQuery {
  bool ended_only = true;
  bool missed_only = false;
  unsigned limit = 100;   // 1..1000
  std::string before;     // call id of the last row of the page before; empty = newest
  std::string id_prefix;  // only ids that begin so
};

// What is empty does not count.
struct MessageQuery {
  std::string peer;
  model::AccountId account;
  model::MessageId id;
  std::string wire_id;    // its id on the wire, whoever sent it
  std::string id_prefix;  // only ids that begin so
  bool unread = false;    // only incoming ones that were not read
  unsigned limit = 100;   // 1..1000
  std::string before;     // message id of the last row of the page before; empty = the first page
  // As a person types them; a message must have them all. Words see the newest first alone.
  std::string words;
  std::optional<model::MessageDirection> direction;
  std::optional<base::WallTime> since;  // and later
  std::optional<base::WallTime> until;  // those before it
  bool oldest_first = false;            // newest first
};

// Newest first. What is empty does not count.
struct ConversationQuery {
  model::AccountId account;
  bool unread = false;   // only with something unread
  unsigned limit = 100;  // 1..1000
  std::string before;    // id of the last message of the last row of the page before
};

struct StoredEvent {
  uint64_t sequence = 0;
  std::shared_ptr<const std::string> bytes;
};

// Core thread; callbacks come on the core thread.
class Store {
 public:
  virtual ~Store() = default;

  // Opens, migrates and checks the database. Blocks: only at start, before the
  // loop runs. FAILED_PRECONDITION for a file of a newer version, a damaged file
  // (with the remedy), or modes that are too wide.
  virtual base::Result<StoredState> open() = 0;

  virtual void commit(std::vector<Change> batch, std::function<void(base::Result<void>)> done) = 0;

  virtual void query_calls(CallQuery query,
                           std::function<void(base::Result<std::vector<model::Call>>)> done) = 0;

  // Empty for a call that has none.
  using Traced = std::function<void(base::Result<std::vector<model::TraceStep>>)>;
  virtual void query_trace(const model::CallId& call, Traced done) = 0;

  virtual void query_messages(
      MessageQuery query, std::function<void(base::Result<std::vector<model::Message>>)> done) = 0;

  virtual void query_conversations(
      ConversationQuery query,
      std::function<void(base::Result<std::vector<model::Conversation>>)> done) = 0;

  // Events with sequence > after, oldest first, at most `limit`. OUT_OF_RANGE with
  // reason RESUME_TOKEN_EXPIRED when some of them were pruned already.
  virtual void read_events(uint64_t after, unsigned limit,
                           std::function<void(base::Result<std::vector<StoredEvent>>)> done) = 0;

  // Writes what is queued and closes; blocks, at exit only.
  virtual void close() = 0;
};

}  // namespace commd::ports
