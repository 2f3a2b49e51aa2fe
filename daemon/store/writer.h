// The one writer and its thread, "store": takes everything that was queued while
// it was busy into one transaction, at most 256 rows, and begins at once when it
// was idle. Acknowledges after the commit, and only then prunes.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <thread>
#include <utility>
#include <vector>

#include "daemon/base/log.h"
#include "daemon/base/result.h"
#include "daemon/ports/clock.h"
#include "daemon/ports/store.h"
#include "daemon/store/amendment_table.h"
#include "daemon/store/call_table.h"
#include "daemon/store/checkpointer.h"
#include "daemon/store/database.h"
#include "daemon/store/inbox.h"
#include "daemon/store/message_table.h"
#include "daemon/store/person_table.h"
#include "daemon/store/retention.h"
#include "daemon/store/tables.h"
#include "daemon/store/trace_table.h"
#include "daemon/store/transfer_table.h"

namespace commd::store {

// Brings a function to the core thread; called on the store's threads.
using Post = std::function<void(std::function<void()>)>;

class Writer {
 public:
  struct Batch {
    std::vector<ports::Change> changes;
    std::function<void(base::Result<void>)> done;  // may be empty
    bool last = false;                             // nothing comes after it
  };

  // Prepares its statements: throws SqliteError. `clock` and `checkpointer` outlive
  // the writer.
  Writer(std::unique_ptr<Database> database, Checkpointer& checkpointer, const Retention& retention,
         const ports::Clock& clock, Post post, base::Logger logger);
  ~Writer();

  // For the starting thread, before start().
  base::Result<ports::StoredState> load();
  void start();

  // Core thread. `full`: so much is queued that the disk cannot be keeping up.
  bool full() const;
  void push(Batch batch) { inbox_.push(std::move(batch)); }
  // Core thread. Writes what is queued, closes the file, ends the thread.
  void stop();

 private:
  using Batches = std::span<Batch>;

  void run();
  bool take(std::vector<Batch> queued);
  void commit_group(Batches group);
  std::optional<SqliteError> write(Batches group);
  void apply(const ports::Change& change);
  void doubt_index() noexcept;
  void roll_back() noexcept;
  void acknowledge(Batches group, std::vector<base::Result<void>> results);
  void tidy();
  void fold_log();
  bool prune_due();
  void prune();
  void finish() noexcept;

  std::unique_ptr<Database> database_;
  Checkpointer& checkpointer_;
  const Retention retention_;
  const ports::Clock& clock_;
  const Post post_;
  const base::Logger logger_;

  TextTable meta_;
  TextTable facts_;
  AccountTable accounts_;
  CallTable calls_;
  TraceTable traces_;
  MessageTable messages_;
  AmendmentTable amendments_;
  PersonTable people_;
  TransferTable transfers_;
  EventTable events_;
  Statement begin_;
  Statement commit_;

  // Ended calls written since the call log was last pruned.
  unsigned calls_ended_ = 0;
  bool prune_failed_ = false;
  // Pages in the log when it was last asked to be folded.
  int pages_asked_ = 0;
  Inbox<Batch> inbox_;
  std::thread thread_;
};

}  // namespace commd::store
