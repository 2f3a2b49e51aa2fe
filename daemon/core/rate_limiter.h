// Token buckets by source address: floods are shed, others are not touched.
// Core thread only. Memory is bounded: at most `max_sources` are remembered, the
// longest unseen go first.
#pragma once

#include <string>
#include <unordered_map>

#include "daemon/base/time.h"

namespace commd::core {

class RateLimiter {
 public:
  // `rate` events a second and twice as many at once; 0 = no limit.
  explicit RateLimiter(unsigned rate, size_t max_sources = 4096)
      : rate_(rate), max_sources_(max_sources) {}

  // True if the source may have one more now.
  bool admit(const std::string& source, base::MonoTime now);

 private:
  struct Bucket {
    double tokens = 0;
    base::MonoTime filled;
  };
  void forget_oldest();

  unsigned rate_;
  size_t max_sources_;
  std::unordered_map<std::string, Bucket> buckets_;
};

}  // namespace commd::core
