// ports::Store over SQLite: STATE_DIR/commd.db (0600 in a 0700 folder) in WAL mode.
//
// A thread "store" writes, "store-read" reads, "store-sync" folds the write-ahead
// log into the file, each on its own connection, so that none waits for another. A
// batch whose `done` was called survives the death of the process at any point;
// what a power cut may take is in docs/adr/0003-store-durability.md.
//
// A read sees what is committed when it runs; what was acknowledged before it was
// asked for is always in it. Passwords never come here.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <vector>

#include "daemon/base/log.h"
#include "daemon/ports/clock.h"
#include "daemon/ports/store.h"
#include "daemon/store/retention.h"

namespace commd::store {

class Checkpointer;
class Reader;
class StateFolder;
class Writer;

struct StoreOptions {
  std::filesystem::path state_dir;  // made if it is missing
  Retention retention;
};

// Core thread, but for construction and open(), which may come before it runs.
class SqliteStore final : public ports::Store {
 public:
  // Brings a function to the core thread. Called on the store's threads, also
  // while close() blocks: it must not wait for the core.
  using Post = std::function<void(std::function<void()>)>;

  // `clock` outlives the store; its wall time dates events for their retention.
  SqliteStore(StoreOptions options, const ports::Clock& clock, Post post, base::Logger logger);
  ~SqliteStore() override;  // closes

  // Besides what the port says: STATE_NOT_PRIVATE, STATE_IN_USE, STORE_DAMAGED and
  // STORE_NEWER_VERSION are FAILED_PRECONDITION, STORE_OPEN_FAILED is UNAVAILABLE.
  base::Result<ports::StoredState> open() override;

  // Errors: UNAVAILABLE with STORE_WRITE_FAILED (disk full, I/O error: the batch is
  // not stored at all, later ones are tried again), STORE_OVERLOADED (too much is
  // queued) or STORE_CLOSED.
  void commit(std::vector<ports::Change> batch,
              std::function<void(base::Result<void>)> done) override;

  // Errors: NOT_FOUND if `before` is no call's id, UNAVAILABLE with
  // STORE_READ_FAILED or STORE_CLOSED. The limit is brought into its range.
  void query_trace(const model::CallId& call, Traced done) override;
  void query_calls(ports::CallQuery query,
                   std::function<void(base::Result<std::vector<model::Call>>)> done) override;

  // Errors as for calls.
  void query_messages(ports::MessageQuery query,
                      std::function<void(base::Result<std::vector<model::Message>>)> done) override;

  void query_conversations(
      ports::ConversationQuery query,
      std::function<void(base::Result<std::vector<model::Conversation>>)> done) override;

  // At most 10,000 events an answer, whatever the limit. Errors as for calls.
  void read_events(
      uint64_t after, unsigned limit,
      std::function<void(base::Result<std::vector<ports::StoredEvent>>)> done) override;

  // All `done` of what was queued have been posted when it returns.
  void close() override;

 private:
  base::Result<ports::StoredState> start(const StateFolder& folder);
  template <class Result>
  void refuse(std::function<void(Result)> done, base::Error error);

  const StoreOptions options_;
  const ports::Clock& clock_;
  const Post post_;
  const base::Logger logger_;
  std::unique_ptr<StateFolder> folder_;
  std::unique_ptr<Checkpointer> checkpointer_;
  std::unique_ptr<Writer> writer_;
  std::unique_ptr<Reader> reader_;
};

}  // namespace commd::store
