// Whether a worker keeps up with its sessions: overload is when most rounds of ticks
// begin a frame late, for seconds on end. A moment's delay is none; frames are made up
// for then (tick_wheel.h). Beyond overload every session would only send silence, so
// that new ones are better refused.
//
// No clock and no thread of its own: the owner says what time it is.
#pragma once

#include "daemon/base/time.h"

namespace commd::engine {

class LoadWatch {
 public:
  // A round so late is late: what is sent is audibly not on time.
  static constexpr base::Duration late = std::chrono::milliseconds(20);
  static constexpr base::Duration window = std::chrono::seconds(1);
  // So many windows in a row decide, either way.
  static constexpr int windows_to_overload = 3;
  static constexpr int windows_to_relief = 5;

  // A round of ticks that was due at `due` begins. True: overloaded() has changed.
  bool note(base::MonoTime due, base::MonoTime now);
  // Nothing is due any more. True: overloaded() has changed.
  bool rest();
  bool overloaded() const { return overloaded_; }

 private:
  bool close_window();

  base::MonoTime begin_{};  // of the window; zero: none
  int rounds_ = 0;
  int late_rounds_ = 0;
  int streak_ = 0;  // windows in a row that say the opposite of overloaded_
  bool overloaded_ = false;
};

}  // namespace commd::engine
