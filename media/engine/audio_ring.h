// 16 bit samples from one thread to another without a lock: one thread writes, one
// reads. What does not fit is not written; what is not there is not read.
#pragma once

#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace commd::engine {

class AudioRing {
 public:
  // Room for at least `capacity` samples.
  explicit AudioRing(size_t capacity) : samples_(std::bit_ceil(capacity)) {}

  size_t capacity() const { return samples_.size(); }
  // What waits to be read. Either thread; it may grow or shrink meanwhile by the
  // other's doing.
  size_t size() const {
    return write_.load(std::memory_order_acquire) - read_.load(std::memory_order_acquire);
  }

  // Writer. Returns how many were taken.
  size_t write(std::span<const int16_t> samples);
  // The writer has no more to come. The reader sees it after the last sample.
  void finish() { finished_.store(true, std::memory_order_release); }

  // Reader. Returns how many were there.
  size_t read(std::span<int16_t> samples);
  void skip(size_t samples);
  bool finished() const { return finished_.load(std::memory_order_acquire) && size() == 0; }

 private:
  std::vector<int16_t> samples_;
  // Counts that never wrap in practice; the position is their remainder.
  alignas(64) std::atomic<size_t> write_{0};
  alignas(64) std::atomic<size_t> read_{0};
  std::atomic<bool> finished_{false};
};

}  // namespace commd::engine
