// OpenSSL's timers read gettimeofday(); here that can be a clock that a test moves
// by hand. The test's thread.
#pragma once

#include <chrono>

#include "daemon/base/time.h"

namespace commd::test {

// As long as one lives, time stands still but for advance().
class FakeClock {
 public:
  FakeClock();
  ~FakeClock();
  FakeClock(const FakeClock&) = delete;
  FakeClock& operator=(const FakeClock&) = delete;

  base::MonoTime now() const;
  void advance(std::chrono::microseconds time);
};

}  // namespace commd::test
