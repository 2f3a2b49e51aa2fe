// The waits between attempts: 1, 2, 4, 8, 10, 10 ... seconds.
#pragma once

#include <algorithm>
#include <chrono>
#include <utility>

namespace commd::gst {

class Backoff {
 public:
  std::chrono::milliseconds next() {
    return std::exchange(next_, std::min<std::chrono::milliseconds>(next_ * 2, most));
  }
  void reset() { next_ = least; }

 private:
  static constexpr std::chrono::milliseconds least{1'000};
  static constexpr std::chrono::milliseconds most{10'000};
  std::chrono::milliseconds next_ = least;
};

}  // namespace commd::gst
