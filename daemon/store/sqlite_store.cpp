#include "daemon/store/sqlite_store.h"

#include <system_error>
#include <utility>

#include "daemon/store/checkpointer.h"
#include "daemon/store/database.h"
#include "daemon/store/opener.h"
#include "daemon/store/reader.h"
#include "daemon/store/search_index.h"
#include "daemon/store/state_folder.h"
#include "daemon/store/writer.h"

namespace commd::store {
namespace {

using base::Code;
using base::fail;

base::Error closed_error() {
  return {Code::unavailable, "STORE_CLOSED", "the daemon is stopping: try again when it runs", {}};
}

base::Error overloaded_error() {
  return {Code::unavailable,
          "STORE_OVERLOADED",
          "the disk does not keep up with the changes: try again in a while",
          {}};
}

}  // namespace

SqliteStore::SqliteStore(StoreOptions options, const ports::Clock& clock, Post post,
                         base::Logger logger)
    : options_(std::move(options)),
      clock_(clock),
      post_(std::move(post)),
      logger_(std::move(logger)) {}

SqliteStore::~SqliteStore() { close(); }

base::Result<ports::StoredState> SqliteStore::open() {
  auto folder = StateFolder::open(options_.state_dir);
  if (!folder) return fail(folder.error());
  folder_ = std::make_unique<StateFolder>(std::move(*folder));
  auto state = start(*folder_);
  if (!state) close();
  return state;
}

base::Result<ports::StoredState> SqliteStore::start(const StateFolder& folder) {
  auto database = open_for_writing(folder, migrations());
  if (!database) return fail(database.error());
  try {
    if (mend_search_index(**database))
      logger_->warn("event: search_index_rebuilt, reason: it was damaged");
    checkpointer_ = std::make_unique<Checkpointer>(open_for_reading(folder));
    writer_ = std::make_unique<Writer>(std::move(*database), *checkpointer_, options_.retention,
                                       clock_, post_, logger_);
    auto state = writer_->load();
    if (!state) return state;
    reader_ = std::make_unique<Reader>(open_for_reading(folder), post_, logger_);
    writer_->start();
    return state;
  } catch (const SqliteError& error) {
    return fail(damaged_error(folder, error.what()));
  } catch (const UnknownWord& error) {
    return fail({Code::failed_precondition,
                 "STORE_NEWER_VERSION",
                 std::string("the database was written by a newer commd (") + error.what() +
                     "): start the newer commd, or give this one another --state-dir",
                 {{"value", error.what()}}});
  } catch (const std::system_error& error) {
    return fail({Code::unavailable,
                 "STORE_OPEN_FAILED",
                 std::string("cannot start the store: ") + error.what(),
                 {{"error", error.what()}}});
  }
}

template <class Result>
void SqliteStore::refuse(std::function<void(Result)> done, base::Error error) {
  if (!done) return;
  post_([done = std::move(done), error = std::move(error)] { done(fail(error)); });
}

void SqliteStore::commit(std::vector<ports::Change> batch,
                         std::function<void(base::Result<void>)> done) {
  if (!writer_) return refuse(std::move(done), closed_error());
  if (writer_->full()) return refuse(std::move(done), overloaded_error());
  writer_->push({std::move(batch), std::move(done), false});
}

void SqliteStore::query_calls(ports::CallQuery query,
                              std::function<void(base::Result<std::vector<model::Call>>)> done) {
  if (!reader_) return refuse(std::move(done), closed_error());
  reader_->query_calls(std::move(query), std::move(done));
}

void SqliteStore::query_trace(const model::CallId& call, Traced done) {
  if (!reader_) return refuse(std::move(done), closed_error());
  reader_->query_trace(call, std::move(done));
}

void SqliteStore::query_conversations(
    ports::ConversationQuery query,
    std::function<void(base::Result<std::vector<model::Conversation>>)> done) {
  if (!reader_) return refuse(std::move(done), closed_error());
  reader_->query_conversations(std::move(query), std::move(done));
}

void SqliteStore::query_messages(
    ports::MessageQuery query,
    std::function<void(base::Result<std::vector<model::Message>>)> done) {
  if (!reader_) return refuse(std::move(done), closed_error());
  if (query.words.empty()) return reader_->query_messages(std::move(query), std::move(done));
  reader_->query_messages(std::move(query), [this, done = std::move(done)](auto found) {
    if (!found && found.error().reason == "STORE_READ_FAILED" &&
        found.error().details["damaged"] == "yes") {
      commit({ports::PutFact{search_index_doubt, "damaged"}}, {});
      found.error().message += "; commd makes its index of the history anew when it is restarted";
    }
    if (done) done(std::move(found));
  });
}

void SqliteStore::read_events(
    uint64_t after, unsigned limit,
    std::function<void(base::Result<std::vector<ports::StoredEvent>>)> done) {
  if (!reader_) return refuse(std::move(done), closed_error());
  reader_->read_events(after, limit, std::move(done));
}

void SqliteStore::close() {
  // The writer's connection is the last: closing it folds the log into the file.
  reader_.reset();
  if (writer_) writer_->stop();
  checkpointer_.reset();
  writer_.reset();
  folder_.reset();
}

}  // namespace commd::store
