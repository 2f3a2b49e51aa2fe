#include "daemon/store/writer.h"

#include <algorithm>
#include <chrono>
#include <utility>
#include <variant>

#include "daemon/store/opener.h"
#include "daemon/store/search_index.h"
#include "daemon/store/thread.h"

namespace commd::store {
namespace {

using base::Code;
using base::Result;

constexpr size_t rows_in_group = 256;
// Far more than any burst: the disk must have stopped answering.
constexpr size_t batches_queued = 100'000;
// Pages of the write-ahead log, 4 KiB each. The log can begin anew only in a moment
// without a write, so under unbroken load it grows, up to a bound.
constexpr int pages_between_folds = 1000;
constexpr int most_pages = 16'384;
constexpr unsigned fingerprints_kept = 4000;
constexpr unsigned calls_before_prune = 64;

template <class... Cases>
struct Overloaded : Cases... {
  using Cases::operator()...;
};
template <class... Cases>
Overloaded(Cases...) -> Overloaded<Cases...>;

base::WallTime horizon(base::WallTime now, unsigned days) {
  return days == 0 ? base::WallTime{} : now - std::chrono::hours(24) * days;
}

Result<void> to_result(const std::optional<SqliteError>& failure) {
  if (!failure) return {};
  return base::fail(
      {Code::unavailable,
       "STORE_WRITE_FAILED",
       std::string("the change could not be stored (") + failure->what() +
           "): look whether the disk of the state folder is full or failing, then try again",
       {{"error", failure->what()}, {"sqlite_code", std::to_string(failure->code())}}});
}

// Events hold what was said: what is to be forgotten is forgotten there too. 0: never.
unsigned days_of_events(const Retention& retention) {
  if (retention.message_days == 0) return retention.event_days;
  if (retention.event_days == 0) return retention.message_days;
  return std::min(retention.event_days, retention.message_days);
}

}  // namespace

Writer::Writer(std::unique_ptr<Database> database, Checkpointer& checkpointer,
               const Retention& retention, const ports::Clock& clock, Post post,
               base::Logger logger)
    : database_(std::move(database)),
      checkpointer_(checkpointer),
      retention_(retention),
      clock_(clock),
      post_(std::move(post)),
      logger_(std::move(logger)),
      meta_(*database_, "meta"),
      facts_(*database_, "fact"),
      accounts_(*database_),
      calls_(*database_),
      traces_(*database_),
      messages_(*database_),
      amendments_(*database_),
      people_(*database_),
      transfers_(*database_),
      events_(*database_, meta_),
      begin_(*database_, "BEGIN IMMEDIATE"),
      commit_(*database_, "COMMIT"),
      // The call log may be over its limits since before this start.
      calls_ended_(calls_before_prune) {}

Writer::~Writer() { stop(); }

Result<ports::StoredState> Writer::load() {
  ports::StoredState state;
  auto accounts = accounts_.all();
  if (!accounts) return base::fail(accounts.error());
  state.accounts = std::move(*accounts);
  state.unended_calls = calls_.unended();
  state.queued_messages = messages_.queued();
  state.fingerprints = messages_.fingerprints(fingerprints_kept);
  state.queued_amendments = amendments_.queued();
  for (std::string& each : amendments_.fingerprints(fingerprints_kept))
    state.fingerprints.push_back(std::move(each));
  state.transfers = transfers_.all();
  state.facts = facts_.all();
  state.people = people_.all();
  state.log_id = meta_.get("log_id");
  state.last_sequence = events_.last_sequence();
  state.first_sequence = events_.first_sequence();
  return state;
}

void Writer::start() {
  thread_ = start_thread("store", [this] { run(); });
}

bool Writer::full() const { return inbox_.size() >= batches_queued; }

void Writer::stop() {
  if (!thread_.joinable()) return;
  inbox_.push({{}, {}, true});
  thread_.join();
}

void Writer::run() {
  for (bool more = true; more;) {
    tidy();
    more = take(inbox_.take_all());
  }
  finish();
}

// Cuts what was queued into groups. False after the last batch.
bool Writer::take(std::vector<Batch> queued) {
  const bool last = queued.back().last;
  if (last) queued.pop_back();
  for (size_t begin = 0; begin < queued.size();) {
    size_t end = begin;
    size_t rows = 0;
    do {
      rows += queued[end].changes.size();
      ++end;
    } while (end < queued.size() && rows + queued[end].changes.size() <= rows_in_group);
    commit_group(Batches(queued).subspan(begin, end - begin));
    begin = end;
  }
  return !last;
}

// A batch that cannot be stored must not take its neighbours with it: they are
// tried again each on its own, unless the file as a whole is at fault.
void Writer::commit_group(Batches group) {
  std::vector<Result<void>> results;
  results.reserve(group.size());
  const std::optional<SqliteError> failure = write(group);
  if (failure && group.size() > 1 && !failure->is_of_file()) {
    for (size_t i = 0; i < group.size(); ++i)
      results.push_back(to_result(write(group.subspan(i, 1))));
  } else {
    results.assign(group.size(), to_result(failure));
  }
  acknowledge(group, std::move(results));
  if (prune_due()) prune();
  fold_log();
}

std::optional<SqliteError> Writer::write(Batches group) {
  try {
    begin_.run();
    for (const Batch& batch : group)
      for (const ports::Change& change : batch.changes) apply(change);
    commit_.run();
    prune_failed_ = false;
    return std::nullopt;
  } catch (const SqliteError& error) {
    roll_back();
    logger_->error("event: store_write_failed, batches: {}, sqlite_code: {}, error: {}",
                   group.size(), error.code(), error.what());
    if (error.is_damage()) doubt_index();
    return error;
  }
}

// It may be the index of the search alone: the next start looks, and makes it anew.
void Writer::doubt_index() noexcept {
  try {
    begin_.run();
    facts_.put(search_index_doubt, "damaged");
    commit_.run();
  } catch (const SqliteError&) {
    roll_back();
  }
}

void Writer::apply(const ports::Change& change) {
  std::visit(Overloaded{
                 [&](const ports::PutAccount& put) { accounts_.put(put.account); },
                 [&](const ports::EraseAccount& erase) { accounts_.erase(erase.id); },
                 [&](const ports::PutCall& put) {
                   calls_.put(put.call);
                   if (!model::is_live(put.call)) ++calls_ended_;
                 },
                 [&](const ports::PutTrace& put) { traces_.put(put.call, put.steps); },
                 [&](const ports::PutMessage& put) { messages_.put(put.message); },
                 [&](const ports::PutAmendment& put) { amendments_.put(put.amendment); },
                 [&](const ports::PutPerson& put) { people_.put(put.person); },
                 [&](const ports::ErasePerson& erase) { people_.erase(erase.id); },
                 [&](const ports::PutTransfer& put) { transfers_.put(put.transfer); },
                 [&](const ports::EraseTransfer& erase) { transfers_.erase(erase.id); },
                 [&](const ports::AppendEvent& event) {
                   events_.append(event.sequence, event.bytes ? *event.bytes : std::string(),
                                  clock_.wall_now());
                 },
                 [&](const ports::PutFact& fact) { facts_.put(fact.key, fact.value); },
             },
             change);
}

void Writer::roll_back() noexcept {
  try {
    if (database_->in_transaction()) database_->exec("ROLLBACK");
    events_.reload();
  } catch (const SqliteError& error) {
    logger_->error("event: store_rollback_failed, error: {}", error.what());
  }
}

void Writer::acknowledge(Batches group, std::vector<Result<void>> results) {
  std::vector<std::function<void(Result<void>)>> callbacks;
  callbacks.reserve(group.size());
  for (Batch& batch : group) callbacks.push_back(std::move(batch.done));
  post_([callbacks = std::move(callbacks), results = std::move(results)]() mutable {
    for (size_t i = 0; i < callbacks.size(); ++i)
      if (callbacks[i]) callbacks[i](std::move(results[i]));
  });
}

// Idle: prune on while nobody wants to write.
void Writer::tidy() {
  while (inbox_.size() == 0 && prune_due()) {
    prune();
    fold_log();
  }
}

void Writer::fold_log() {
  const int pages = database_->wal_pages();
  if (pages >= most_pages) {
    database_->checkpoint();
    pages_asked_ = 0;
    return;
  }
  if (pages < pages_asked_) pages_asked_ = 0;
  if (pages < pages_asked_ + pages_between_folds) return;
  pages_asked_ = pages;
  checkpointer_.request();
}

bool Writer::prune_due() {
  if (prune_failed_) return false;
  const base::WallTime now = clock_.wall_now();
  const EventBounds bounds{retention_.events, horizon(now, days_of_events(retention_))};
  return calls_ended_ >= calls_before_prune || events_.prune_due(bounds) ||
         messages_.prune_due(horizon(now, retention_.message_days)) || amendments_.prune_due();
}

// One small transaction. After a failure it waits for the next good commit.
void Writer::prune() {
  const base::WallTime now = clock_.wall_now();
  const EventBounds bounds{retention_.events, horizon(now, days_of_events(retention_))};
  try {
    begin_.run();
    if (events_.prune_due(bounds)) events_.prune(bounds);
    const base::WallTime forgotten = horizon(now, retention_.message_days);
    if (messages_.prune_due(forgotten)) messages_.prune(forgotten);
    amendments_.prune(forgotten);
    bool more_calls = calls_ended_ >= calls_before_prune;
    if (more_calls) more_calls = calls_.prune(retention_.calls, horizon(now, retention_.call_days));
    commit_.run();
    if (!more_calls && calls_ended_ >= calls_before_prune) calls_ended_ = 0;
  } catch (const SqliteError& error) {
    roll_back();
    prune_failed_ = true;
    logger_->warn("event: store_prune_failed, error: {}", error.what());
  }
}

void Writer::finish() noexcept {
  try {
    mark_closed(*database_);
  } catch (const SqliteError& error) {
    logger_->warn("event: store_close_failed, error: {}", error.what());
  }
}

}  // namespace commd::store
