// The core's timers on its own loop, and the machine's clocks.
#pragma once

#include "daemon/loop/core_loop.h"
#include "daemon/ports/clock.h"
#include "daemon/ports/timers.h"

namespace commd::loop {

// Core thread only, like the port says. The handles must go before the loop.
class AsioTimers final : public ports::Timers {
 public:
  explicit AsioTimers(CoreLoop& loop) : loop_(loop) {}
  // A delay below zero is zero; more than ten years is ten years.
  [[nodiscard]] ports::TimerHandle after(base::Duration delay,
                                         std::function<void()> callback) override;

 private:
  CoreLoop& loop_;
};

// Any thread.
class SystemClock final : public ports::Clock {
 public:
  base::MonoTime mono_now() const override { return std::chrono::steady_clock::now(); }
  base::WallTime wall_now() const override { return std::chrono::system_clock::now(); }
};

}  // namespace commd::loop
