#include "media/rtp/delay_estimator.h"

#include <algorithm>
#include <limits>

#include "media/rtp/wire.h"

namespace commd::rtp {
namespace {

using std::chrono::milliseconds;

constexpr int64_t ns_per_second = 1'000'000'000;
constexpr int64_t bucket_ns = 2 * ns_per_second;
constexpr std::chrono::seconds longest_pause{5};
constexpr int64_t nothing = std::numeric_limits<int64_t>::max();
// One packet in so many may be too late for the target.
constexpr size_t late_share = 32;
constexpr int target_frames = 10;
constexpr int decay_packets = 64;  // the target falls a frame in so many packets

}  // namespace

DelayEstimator::DelayEstimator(uint32_t clock_rate, const Bounds& bounds)
    : clock_rate_(clock_rate),
      bounds_(bounds),
      frame_(milliseconds(20)),
      target_(std::clamp(frame_, shortest_target(), longest_target())) {}

base::Duration DelayEstimator::shortest_target() const {
  return std::max(std::min<base::Duration>(frame_, milliseconds(40)), bounds_.shortest);
}

base::Duration DelayEstimator::longest_target() const {
  const auto longest =
      std::clamp<base::Duration>(frame_ * target_frames, milliseconds(200), milliseconds(400));
  return std::max(std::min(longest, bounds_.longest), shortest_target());
}

void DelayEstimator::set_frame(base::Duration frame) noexcept {
  if (frame == frame_ || frame <= base::Duration::zero()) return;
  frame_ = frame;
  // The bins have another width now.
  counts_.fill(0);
  filled_ = 0;
  next_ = 0;
  target_ = std::clamp(target_, shortest_target(), longest_target());
}

bool DelayEstimator::stale(base::MonoTime now) const noexcept {
  return !known_ || now - last_arrival_ > longest_pause;
}

int64_t DelayEstimator::unwrap(uint32_t timestamp) const noexcept {
  const auto newest = static_cast<uint32_t>(static_cast<uint64_t>(newest_));
  return newest_ + serial_distance(newest, timestamp);
}

int64_t DelayEstimator::transit(uint32_t timestamp, base::MonoTime at) const noexcept {
  const int64_t units = unwrap(timestamp);
  // Seconds apart, so that days of a stream do not overflow.
  const int64_t media =
      units / clock_rate_ * ns_per_second + units % clock_rate_ * ns_per_second / clock_rate_;
  return (at - origin_).count() - media;
}

base::Duration DelayEstimator::behind_fastest(uint32_t timestamp,
                                              base::MonoTime now) const noexcept {
  if (!known_) return base::Duration::zero();
  return base::Duration{transit(timestamp, now) - fastest_};
}

void DelayEstimator::add(uint32_t timestamp, base::MonoTime arrival) noexcept {
  if (!known_) {
    known_ = true;
    origin_ = arrival;
    newest_ = timestamp;
    bucket_ = 0;
    bucket_fastest_.fill(nothing);
    fastest_ = nothing;
  }
  const int64_t way = transit(timestamp, arrival);
  newest_ = std::max(newest_, unwrap(timestamp));
  last_arrival_ = arrival;
  note_fastest(way, arrival);
  note_delay(way - fastest_);
}

void DelayEstimator::note_fastest(int64_t way, base::MonoTime arrival) noexcept {
  const int64_t bucket = std::max(bucket_, (arrival - origin_).count() / bucket_ns);
  int64_t& slot = bucket_fastest_[static_cast<size_t>(bucket) % buckets];
  if (bucket == bucket_) {
    slot = std::min(slot, way);
    fastest_ = std::min(fastest_, way);
    return;
  }
  const int64_t passed = std::min<int64_t>(bucket - bucket_, buckets);
  for (int64_t i = 0; i < passed; ++i)
    bucket_fastest_[static_cast<size_t>(bucket - i) % buckets] = nothing;
  bucket_ = bucket;
  slot = way;
  fastest_ = *std::min_element(bucket_fastest_.begin(), bucket_fastest_.end());
}

void DelayEstimator::note_delay(int64_t delay) noexcept {
  const int64_t width = std::max<int64_t>(frame_.count() / 4, 1);
  const auto bin = static_cast<uint8_t>(std::min<int64_t>(delay / width, bins - 1));
  if (filled_ == window)
    --counts_[recent_[next_]];
  else
    ++filled_;
  recent_[next_] = bin;
  ++counts_[bin];
  next_ = (next_ + 1) % window;

  const auto wanted = std::clamp(percentile(), shortest_target(), longest_target());
  target_ = std::max(wanted, target_ - frame_ / decay_packets);
}

// The upper edge of the bin below which all but one in `late_share` fall. With few
// packets all but one, so that a single straggler at the start decides nothing.
base::Duration DelayEstimator::percentile() const noexcept {
  const size_t allowed = std::max<size_t>(filled_ / late_share, 1);
  size_t above = 0;
  size_t bin = bins - 1;
  for (; bin > 0; --bin) {
    above += counts_[bin];
    if (above > allowed) break;
  }
  return frame_ / 4 * static_cast<int64_t>(bin + 1);
}

}  // namespace commd::rtp
