// Time as the core sees it, so that tests can turn it by hand.
#pragma once

#include "daemon/base/time.h"

namespace commd::ports {

// Any thread.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual base::MonoTime mono_now() const = 0;
  virtual base::WallTime wall_now() const = 0;
};

}  // namespace commd::ports
