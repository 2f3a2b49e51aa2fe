#include "daemon/store/reader.h"

#include <algorithm>
#include <string>
#include <utility>

#include "daemon/store/thread.h"

namespace commd::store {
namespace {

// The most events of one answer; the caller asks again for more.
constexpr unsigned most_events = 10'000;

base::Error read_error(const char* what) {
  return {base::Code::unavailable,
          "STORE_READ_FAILED",
          std::string("the database could not be read: ") + what,
          {{"error", what}}};
}

}  // namespace

Reader::Reader(std::unique_ptr<Database> database, Post post, base::Logger logger)
    : database_(std::move(database)),
      post_(std::move(post)),
      logger_(std::move(logger)),
      meta_(*database_, "meta"),
      calls_(*database_),
      traces_(*database_),
      messages_(*database_),
      events_(*database_, meta_),
      thread_(start_thread("store-read", [this] { run(); })) {}

Reader::~Reader() {
  inbox_.push({});
  thread_.join();
}

void Reader::run() {
  while (true) {
    for (const auto& job : inbox_.take_all()) {
      if (!job) return;
      job();
    }
  }
}

void Reader::query_calls(ports::CallQuery query,
                         std::function<void(base::Result<std::vector<model::Call>>)> done) {
  inbox_.push([this, query = std::move(query), done = std::move(done)] {
    using Calls = std::vector<model::Call>;
    answer<Calls>(done, in_transaction<Calls>([&] { return calls_.query(query); }));
  });
}

void Reader::query_trace(const model::CallId& call, ports::Store::Traced done) {
  inbox_.push([this, call, done = std::move(done)] {
    using Steps = std::vector<model::TraceStep>;
    answer<Steps>(
        done, in_transaction<Steps>([&]() -> base::Result<Steps> { return traces_.get(call); }));
  });
}

void Reader::query_messages(ports::MessageQuery query,
                            std::function<void(base::Result<std::vector<model::Message>>)> done) {
  inbox_.push([this, query = std::move(query), done = std::move(done)] {
    using Messages = std::vector<model::Message>;
    answer<Messages>(done, in_transaction<Messages>([&] { return messages_.query(query); }));
  });
}

void Reader::query_conversations(
    ports::ConversationQuery query,
    std::function<void(base::Result<std::vector<model::Conversation>>)> done) {
  inbox_.push([this, query = std::move(query), done = std::move(done)] {
    using Conversations = std::vector<model::Conversation>;
    answer<Conversations>(
        done, in_transaction<Conversations>([&] { return messages_.conversations(query); }));
  });
}

void Reader::read_events(uint64_t after, unsigned limit,
                         std::function<void(base::Result<std::vector<ports::StoredEvent>>)> done) {
  inbox_.push([this, after, limit, done = std::move(done)] {
    using Events = std::vector<ports::StoredEvent>;
    answer<Events>(done, in_transaction<Events>(
                             [&] { return events_.read(after, std::min(limit, most_events)); }));
  });
}

template <class T, class Read>
base::Result<T> Reader::in_transaction(Read read) {
  base::Result<T> result;
  try {
    database_->exec("BEGIN");
    result = read();
    database_->exec("COMMIT");
    return result;
  } catch (const SqliteError& error) {
    base::Error failure = read_error(error.what());
    if (error.is_damage()) failure.details["damaged"] = "yes";
    result = base::fail(std::move(failure));
  } catch (const UnknownWord& error) {
    result = base::fail(read_error(error.what()));
  }
  logger_->error("event: store_read_failed, error: {}", result.error().message);
  try {
    if (database_->in_transaction()) database_->exec("ROLLBACK");
  } catch (const SqliteError& error) {
    logger_->error("event: store_rollback_failed, error: {}", error.what());
  }
  return result;
}

template <class T>
void Reader::answer(std::function<void(base::Result<T>)> done, base::Result<T> result) {
  post_([done = std::move(done), result = std::move(result)]() mutable {
    if (done) done(std::move(result));
  });
}

}  // namespace commd::store
