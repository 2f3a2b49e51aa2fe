// A bounded queue in front of a stream that takes one item at a time and is fed by
// another thread than the one its completions come on (a stream of gRPC). The
// producer never waits, the stream never polls, and the end is told exactly once.
//
// All methods from any thread. `write` and `finish` are called with the queue
// locked: they start an operation and return; its completion must come on another
// call stack.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <utility>

namespace commd::loop {

template <class Item, class Outcome>
class HandoffQueue {
 public:
  // Starts writing one item; `more` tells that another one waits behind it.
  using Write = std::function<void(Item item, bool more)>;
  // Starts ending the stream; nothing is written after it.
  using Finish = std::function<void(const Outcome& outcome)>;

  HandoffQueue(size_t max_bytes, Write write, Finish finish)
      : max_bytes_(max_bytes), write_(std::move(write)), finish_(std::move(finish)) {}

  // False: the item does not fit. Nothing was queued; the caller decides what to do
  // (close). One item always fits an empty queue, however large. After close()
  // items are dropped in silence.
  [[nodiscard]] bool push(Item item, size_t bytes) {
    const std::lock_guard lock(mutex_);
    if (closed_) return true;
    if (!items_.empty() && bytes_ + bytes > max_bytes_) return false;
    items_.emplace_back(std::move(item), bytes);
    bytes_ += bytes;
    if (!writing_) start_next();
    return true;
  }

  // The write that was under way is complete. True: nothing is left to write.
  bool written() {
    const std::lock_guard lock(mutex_);
    writing_ = false;
    if (closed_) return false;
    if (items_.empty()) return true;
    start_next();
    return false;
  }

  void close(const Outcome& outcome) {
    const std::lock_guard lock(mutex_);
    if (std::exchange(closed_, true)) return;
    items_.clear();
    finish_(outcome);
  }

 private:
  void start_next() {
    writing_ = true;
    Item item = std::move(items_.front().first);
    bytes_ -= items_.front().second;
    items_.pop_front();
    write_(std::move(item), !items_.empty());
  }

  std::mutex mutex_;
  std::deque<std::pair<Item, size_t>> items_;
  const size_t max_bytes_;
  size_t bytes_ = 0;
  bool writing_ = false;
  bool closed_ = false;
  Write write_;
  Finish finish_;
};

}  // namespace commd::loop
