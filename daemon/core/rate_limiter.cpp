#include "daemon/core/rate_limiter.h"

#include <algorithm>
#include <chrono>

namespace commd::core {

bool RateLimiter::admit(const std::string& source, base::MonoTime now) {
  if (rate_ == 0) return true;
  const double burst = 2.0 * rate_;
  auto found = buckets_.find(source);
  if (found == buckets_.end()) {
    if (buckets_.size() >= max_sources_) forget_oldest();
    found = buckets_.emplace(source, Bucket{burst, now}).first;
  }
  Bucket& bucket = found->second;
  const double elapsed = std::chrono::duration<double>(now - bucket.filled).count();
  bucket.tokens = std::min(burst, bucket.tokens + elapsed * rate_);
  bucket.filled = now;
  if (bucket.tokens < 1) return false;
  bucket.tokens -= 1;
  return true;
}

void RateLimiter::forget_oldest() {
  const auto oldest = std::min_element(
      buckets_.begin(), buckets_.end(),
      [](const auto& a, const auto& b) { return a.second.filled < b.second.filled; });
  if (oldest != buckets_.end()) buckets_.erase(oldest);
}

}  // namespace commd::core
