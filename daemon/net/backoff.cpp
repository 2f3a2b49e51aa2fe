#include "daemon/net/backoff.h"

#include <algorithm>

namespace commd::net {

std::chrono::milliseconds Backoff::next(uint32_t random) {
  constexpr unsigned enough = 8;  // 2 s * 2^8 is more than `last`
  const auto bound = std::min(last, first * (1 << failures_));
  failures_ = std::min(failures_ + 1, enough);
  const auto range = static_cast<uint64_t>((bound - least).count()) + 1;
  return least + std::chrono::milliseconds((range * random) >> 32);
}

}  // namespace commd::net
