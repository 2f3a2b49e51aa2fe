#include "daemon/core/attention.h"

#include <utility>

namespace commd::core {

Attention::Attention(ports::Timers& timers, const ports::Clock& clock,
                     const ContactsByProtocol& rooms)
    : timers_(timers), clock_(clock) {
  thread_.bind();
  for (const auto& [protocol, room] : rooms) rooms_.insert(room);
  used();
}

void Attention::used() {
  COMMD_ASSERT_THREAD(thread_);
  if (rooms_.empty()) return;  // nobody wants to know
  set(true);
  last_used_ = clock_.mono_now();
  if (!linger_ && watchers_ == 0) wait(linger);
}

// One timer however many requests come: it looks when the last one was, and waits for the rest.
void Attention::wait(base::Duration time) {
  linger_ = timers_.after(time, [this] {
    linger_.reset();
    if (watchers_ > 0) return;
    const base::Duration left = last_used_ + linger - clock_.mono_now();
    if (left > base::Duration{}) return wait(left);
    set(false);
  });
}

void Attention::set_watchers(size_t watchers) {
  COMMD_ASSERT_THREAD(thread_);
  watchers_ = watchers;
  // The last one that leaves has used it until now.
  used();
}

void Attention::set(bool in_use) {
  if (std::exchange(in_use_, in_use) == in_use) return;
  const uint64_t attempt = ++attempts_;
  behind_ = in_use ? rooms_.size() : 0;
  if (in_use && behind_ > 0) patience_ = timers_.after(catch_up, [this] { caught_up(); });
  for (ports::Contacts* room : rooms_)
    room->set_in_use(in_use, [this, attempt] {
      if (attempt == attempts_ && behind_ > 0 && --behind_ == 0) caught_up();
    });
}

void Attention::when_caught_up(std::function<void()> then) {
  COMMD_ASSERT_THREAD(thread_);
  if (behind_ == 0) return then();
  waiting_.push_back(std::move(then));
}

void Attention::caught_up() {
  behind_ = 0;
  patience_.reset();
  for (const auto& then : std::exchange(waiting_, {})) then();
}

}  // namespace commd::core
