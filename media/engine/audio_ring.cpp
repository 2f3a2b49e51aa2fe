#include "media/engine/audio_ring.h"

#include <algorithm>

namespace commd::engine {

size_t AudioRing::write(std::span<const int16_t> samples) {
  const size_t position = write_.load(std::memory_order_relaxed);
  const size_t space = capacity() - (position - read_.load(std::memory_order_acquire));
  const size_t count = std::min(space, samples.size());
  const size_t start = position & (capacity() - 1);
  const size_t first = std::min(count, capacity() - start);
  std::copy_n(samples.begin(), first, samples_.begin() + static_cast<ptrdiff_t>(start));
  std::copy_n(samples.begin() + static_cast<ptrdiff_t>(first), count - first, samples_.begin());
  write_.store(position + count, std::memory_order_release);
  return count;
}

size_t AudioRing::read(std::span<int16_t> samples) {
  const size_t position = read_.load(std::memory_order_relaxed);
  const size_t present = write_.load(std::memory_order_acquire) - position;
  const size_t count = std::min(present, samples.size());
  const size_t start = position & (capacity() - 1);
  const size_t first = std::min(count, capacity() - start);
  std::copy_n(samples_.begin() + static_cast<ptrdiff_t>(start), first, samples.begin());
  std::copy_n(samples_.begin(), count - first, samples.begin() + static_cast<ptrdiff_t>(first));
  read_.store(position + count, std::memory_order_release);
  return count;
}

void AudioRing::skip(size_t samples) {
  const size_t position = read_.load(std::memory_order_relaxed);
  const size_t present = write_.load(std::memory_order_acquire) - position;
  read_.store(position + std::min(present, samples), std::memory_order_release);
}

}  // namespace commd::engine
