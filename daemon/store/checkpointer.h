// Folds the write-ahead log into the database on a connection and a thread of its
// own, "store-sync": the fsync that this takes would else make the next commit, or
// a read, wait for milliseconds.
#pragma once

#include <memory>
#include <thread>

#include "daemon/store/database.h"
#include "daemon/store/inbox.h"

namespace commd::store {

class Checkpointer {
 public:
  // Throws SqliteError or std::system_error.
  explicit Checkpointer(std::unique_ptr<Database> database);
  // Finishes what it is at.
  ~Checkpointer();

  // Any thread. Several requests may be answered by one pass. A pass that fails
  // (disk full) leaves the log as it is: nothing is lost.
  void request() { inbox_.push(Order::fold); }

 private:
  enum class Order { fold, stop };
  void run();

  std::unique_ptr<Database> database_;
  Inbox<Order> inbox_;
  std::thread thread_;
};

}  // namespace commd::store
