// How long to wait before a server is tried again: exponential with full jitter, so
// that the clients of a server that comes back do not all arrive at once. Pure; any
// thread.
#pragma once

#include <chrono>
#include <cstdint>

namespace commd::net {

class Backoff {
 public:
  static constexpr std::chrono::milliseconds first{2'000};
  static constexpr std::chrono::milliseconds last{300'000};
  // Not even luck makes it shorter.
  static constexpr std::chrono::milliseconds least{500};

  // The wait after one more failure: between `least` and a bound that doubles from
  // `first` to `last`. `random` is uniform over all its values.
  std::chrono::milliseconds next(uint32_t random);
  // It works again.
  void reset() { failures_ = 0; }

 private:
  unsigned failures_ = 0;
};

}  // namespace commd::net
