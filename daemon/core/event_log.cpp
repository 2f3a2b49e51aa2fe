#include "daemon/core/event_log.h"

#include <algorithm>
#include <utility>

namespace commd::core {

EventLog::EventLog(ports::Store& store, ports::EventEncoder& encoder, ports::EventSink& sink,
                   const ports::Clock& clock, base::Logger logger)
    : store_(store), encoder_(encoder), sink_(sink), clock_(clock), logger_(std::move(logger)) {
  thread_.bind();
}

void EventLog::restore(const ports::StoredState& state) {
  COMMD_ASSERT_THREAD(thread_);
  log_id_ = state.log_id;
  assigned_ = state.last_sequence;
  published_ = state.last_sequence;
}

void EventLog::emit(model::EventBody body, std::vector<ports::Change> changes,
                    Committed committed) {
  COMMD_ASSERT_THREAD(thread_);
  const model::Event event{++assigned_, clock_.wall_now(), std::move(body)};
  const ports::EncodedEvent encoded = encoder_.encode(event);
  changes.push_back(ports::AppendEvent{encoded.sequence, encoded.bytes});
  store_.commit(std::move(changes), [this, encoded,
                                     committed = std::move(committed)](base::Result<void> result) {
    if (!result) {
      if (write_problem_.empty())
        logger_->error("event: store_write_failed, message: {}", result.error().message);
      write_problem_ = "the history cannot be written: " + result.error().message;
    } else {
      write_problem_.clear();
    }
    publish(encoded);
    if (committed) committed(std::move(result));
  });
}

void EventLog::publish(const ports::EncodedEvent& event) {
  COMMD_ASSERT_THREAD(thread_);
  published_ = std::max(published_, event.sequence);
  if (!event.key.empty()) {
    if (event.removed)
      remove(event.key);
    else
      view_[event.key] = event;
  }
  sink_.publish(event);
  publish_told();
}

void EventLog::publish_told() {
  while (!told_.empty() && told_.front().first <= published_) {
    sink_.publish(told_.front().second);
    told_.pop_front();
  }
}

// With it goes what is below it: an account's contacts.
void EventLog::remove(const std::string& key) {
  view_.erase(key);
  const std::string below = key + "/";
  auto i = view_.lower_bound(below);
  while (i != view_.end() && i->first.starts_with(below)) i = view_.erase(i);
}

void EventLog::show(model::EventBody body) {
  COMMD_ASSERT_THREAD(thread_);
  const ports::EncodedEvent encoded =
      encoder_.encode({published_, clock_.wall_now(), std::move(body)});
  if (!encoded.key.empty()) view_[encoded.key] = encoded;
}

void EventLog::tell(model::EventBody body) {
  COMMD_ASSERT_THREAD(thread_);
  told_.emplace_back(assigned_, encoder_.encode({0, clock_.wall_now(), std::move(body)}));
  publish_told();
}

void EventLog::remember(const std::string& key, const std::string& value) {
  keep({ports::PutFact{key, value}});
}

void EventLog::keep(std::vector<ports::Change> changes) {
  COMMD_ASSERT_THREAD(thread_);
  store_.commit(std::move(changes), [this](const base::Result<void>& result) {
    if (!result) logger_->error("event: store_write_failed, message: {}", result.error().message);
  });
}

std::vector<ports::EncodedEvent> EventLog::snapshot() const {
  COMMD_ASSERT_THREAD(thread_);
  std::vector<ports::EncodedEvent> events;
  events.reserve(view_.size());
  for (const auto& [key, event] : view_) events.push_back(event);
  std::sort(events.begin(), events.end(),
            [](const auto& a, const auto& b) { return a.sequence < b.sequence; });
  return events;
}

void EventLog::read(uint64_t after, unsigned limit,
                    std::function<void(base::Result<std::vector<ports::StoredEvent>>)> done) {
  COMMD_ASSERT_THREAD(thread_);
  store_.read_events(after, limit, std::move(done));
}

}  // namespace commd::core
