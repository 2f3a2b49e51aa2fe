#include "daemon/core/attention.h"

#include <utility>

namespace commd::core {

Attention::Attention(ports::Timers& timers, const ContactsByProtocol& rooms) : timers_(timers) {
  thread_.bind();
  for (const auto& [protocol, room] : rooms) rooms_.insert(room);
  used();
}

// One timer however many requests come: it looks whether there was another.
void Attention::used() {
  COMMD_ASSERT_THREAD(thread_);
  if (rooms_.empty()) return;  // nobody wants to know
  set(true);
  used_again_ = linger_ != nullptr;
  if (linger_ || watchers_ > 0) return;
  linger_ = timers_.after(linger, [this] {
    linger_.reset();
    if (std::exchange(used_again_, false)) return used();
    if (watchers_ == 0) set(false);
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
