// One-shot timers of the core loop.
#pragma once

#include <functional>
#include <memory>

#include "daemon/base/time.h"

namespace commd::ports {

// A running timer; destroying it cancels, and the callback is then never called.
// May be destroyed from inside its own callback.
class Timer {
 public:
  virtual ~Timer() = default;
};
using TimerHandle = std::unique_ptr<Timer>;

// Core thread only. The callback runs on the core thread, never from inside
// after() itself, also for a delay of zero.
class Timers {
 public:
  virtual ~Timers() = default;
  [[nodiscard]] virtual TimerHandle after(base::Duration delay, std::function<void()> callback) = 0;
};

}  // namespace commd::ports
