// The two clocks. Durations are std::chrono everywhere. Any thread.
#pragma once

#include <chrono>

namespace commd::base {

using Duration = std::chrono::nanoseconds;
// CLOCK_MONOTONIC: for every timeout, interval and media tick.
using MonoTime = std::chrono::steady_clock::time_point;
// UTC: only for what a person is shown and what is stored.
using WallTime = std::chrono::system_clock::time_point;

}  // namespace commd::base
