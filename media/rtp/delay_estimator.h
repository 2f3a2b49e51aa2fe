// How unevenly packets come, and what delay would let nearly all be in time.
//
// Every packet's way is measured against the fastest of the last ten seconds, so
// that neither the unknown offset of the sender's clock nor its drift matters. The
// delay asked for is a high percentile of what was seen: up at once, down slowly.
//
// Owned by a JitterBuffer; its thread. Allocates nothing.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "daemon/base/time.h"

namespace commd::rtp {

class DelayEstimator {
 public:
  // What a person allows the target to be. It narrows the bounds below, but for a
  // shortest one beyond them, which wins.
  struct Bounds {
    base::Duration shortest = base::Duration::zero();
    base::Duration longest = std::chrono::milliseconds(400);
  };

  DelayEstimator(uint32_t clock_rate, const Bounds& bounds);  // Hz, not 0

  // How long one packet plays; bounds and steps of the target follow from it.
  void set_frame(base::Duration frame) noexcept;

  void add(uint32_t timestamp, base::MonoTime arrival) noexcept;

  // How much later than the fastest way would have brought it a packet came (at
  // `arrival`), or a moment of the sender's time is played (at `now`). Negative:
  // earlier than ever seen. 0 while nothing is known.
  base::Duration behind_fastest(uint32_t timestamp, base::MonoTime now) const noexcept;

  // No packet for so long that the clocks may have drifted apart, or none at all.
  bool stale(base::MonoTime now) const noexcept;
  // Another timeline: forgets the fastest way, keeps what is known of the jitter.
  void restart() noexcept { known_ = false; }

  // Between one frame (40 ms at most) and ten (200 to 400 ms), and within the bounds.
  base::Duration target() const { return target_; }
  base::Duration longest_target() const;

 private:
  static constexpr size_t window = 256;  // packets: 5 s of 20 ms frames
  static constexpr size_t bins = 64;     // a quarter of a frame each
  static constexpr size_t buckets = 5;   // of two seconds

  int64_t unwrap(uint32_t timestamp) const noexcept;
  int64_t transit(uint32_t timestamp, base::MonoTime at) const noexcept;
  void note_fastest(int64_t transit, base::MonoTime arrival) noexcept;
  void note_delay(int64_t delay) noexcept;
  base::Duration percentile() const noexcept;
  base::Duration shortest_target() const;

  int64_t clock_rate_;
  Bounds bounds_;
  base::Duration frame_;
  base::Duration target_;

  bool known_ = false;
  base::MonoTime origin_{};  // transits are counted from the first packet
  int64_t newest_ = 0;       // timestamp without its wraps
  base::MonoTime last_arrival_{};
  int64_t fastest_ = 0;  // ns
  std::array<int64_t, buckets> bucket_fastest_{};
  int64_t bucket_ = 0;  // number of the present one since origin_

  std::array<uint8_t, window> recent_{};  // bin of each of the last packets
  std::array<uint16_t, bins> counts_{};
  size_t filled_ = 0;
  size_t next_ = 0;
};

}  // namespace commd::rtp
