#include "daemon/sip/message_gate.h"

#include <algorithm>
#include <chrono>

namespace commd::sip {
namespace {

constexpr size_t most_senders = 1000;

}  // namespace

void MessageGate::fill(Bucket& bucket, const Rate& rate, base::MonoTime now) {
  const double seconds = std::chrono::duration<double>(now - bucket.filled).count();
  bucket.left = std::min(rate.burst, bucket.left + std::max(0.0, seconds) * rate.per_second);
  bucket.filled = now;
}

bool MessageGate::admits(const std::string& sender, base::MonoTime now) {
  fill(total_, all_, now);
  if (total_.left < 1) return false;
  // Those who have been quiet are forgotten; a crowd of new names is held by `all` alone.
  if (senders_.size() >= most_senders)
    std::erase_if(senders_, [&](const auto& each) {
      Bucket bucket = each.second;
      fill(bucket, each_, now);
      return bucket.left >= each_.burst;
    });
  if (senders_.size() >= most_senders) senders_.clear();
  Bucket& own = senders_.try_emplace(sender, Bucket{each_.burst, now}).first->second;
  fill(own, each_, now);
  if (own.left < 1) return false;
  own.left -= 1;
  total_.left -= 1;
  return true;
}

}  // namespace commd::sip
