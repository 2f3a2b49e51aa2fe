// Reads on a connection and a thread of their own, "store-read": they see what is
// committed and never wait behind a write.
#pragma once

#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "daemon/base/log.h"
#include "daemon/ports/store.h"
#include "daemon/store/call_table.h"
#include "daemon/store/database.h"
#include "daemon/store/inbox.h"
#include "daemon/store/message_table.h"
#include "daemon/store/tables.h"
#include "daemon/store/trace_table.h"
#include "daemon/store/writer.h"

namespace commd::store {

class Reader {
 public:
  // Prepares its statements and starts the thread: throws SqliteError.
  Reader(std::unique_ptr<Database> database, Post post, base::Logger logger);
  // Answers what is queued first.
  ~Reader();

  // Core thread; as in ports::Store.
  void query_trace(const model::CallId& call, ports::Store::Traced done);
  void query_calls(ports::CallQuery query,
                   std::function<void(base::Result<std::vector<model::Call>>)> done);
  void query_messages(ports::MessageQuery query,
                      std::function<void(base::Result<std::vector<model::Message>>)> done);
  void query_conversations(
      ports::ConversationQuery query,
      std::function<void(base::Result<std::vector<model::Conversation>>)> done);
  void read_events(uint64_t after, unsigned limit,
                   std::function<void(base::Result<std::vector<ports::StoredEvent>>)> done);

 private:
  void run();
  // Runs `read` in one transaction, so that all of it sees one state.
  template <class T, class Read>
  base::Result<T> in_transaction(Read read);
  template <class T>
  void answer(std::function<void(base::Result<T>)> done, base::Result<T> result);

  std::unique_ptr<Database> database_;
  const Post post_;
  const base::Logger logger_;
  TextTable meta_;
  CallTable calls_;
  TraceTable traces_;
  MessageTable messages_;
  EventTable events_;
  Inbox<std::function<void()>> inbox_;  // an empty one is the last
  std::thread thread_;
};

}  // namespace commd::store
