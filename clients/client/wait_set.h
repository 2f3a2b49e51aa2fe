// One descriptor to wait on for two things: a wake-up from gRPC's threads and a
// timer. For this room only; owner's thread, except Wake::signal.
#pragma once

#include <sys/epoll.h>
#include <sys/timerfd.h>

#include <chrono>
#include <memory>

#include "clients/client/reader.h"

namespace commd::client {

class WaitSet {
 public:
  WaitSet()
      : wake_(std::make_shared<Wake>()),
        timer_(::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK)),
        set_(::epoll_create1(EPOLL_CLOEXEC)) {
    watch(wake_->descriptor());
    watch(timer_.number());
  }

  int descriptor() const { return set_.number(); }
  const std::shared_ptr<Wake>& wake() const { return wake_; }

  // Replaces what was armed before.
  void arm(std::chrono::nanoseconds after) const {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(after);
    itimerspec when{};
    when.it_value.tv_sec = seconds.count();
    when.it_value.tv_nsec = (after - seconds).count();
    ::timerfd_settime(timer_.number(), 0, &when, nullptr);
  }

  // True once for each time the timer ran out.
  bool timer_ran_out() const {
    uint64_t times = 0;
    return ::read(timer_.number(), &times, sizeof times) == sizeof times;
  }

 private:
  void watch(int descriptor) const {
    epoll_event event{};
    event.events = EPOLLIN;
    ::epoll_ctl(set_.number(), EPOLL_CTL_ADD, descriptor, &event);
  }

  std::shared_ptr<Wake> wake_;
  Descriptor timer_;
  Descriptor set_;
};

}  // namespace commd::client
