// Streaming conversion of a mono signal between two fixed sample rates by a
// polyphase FIR filter. Flat to 0.85 of the lower rate's half, and at least 60 dB
// down from 1.12 of it; the delay is 16 samples of the lower rate: 2 ms at 8 kHz,
// 1 ms at 16 kHz.
//
// Move-only; belongs to one thread at a time. Allocates when made and not after.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace commd::codec {

class Resampler {
 public:
  // Rates of 8,000 to 192,000 Hz whose ratio in lowest terms is at most 640:640
  // (all usual ones, 44,100 and 11,025 among them). Empty otherwise.
  static std::optional<Resampler> create(uint32_t input_rate, uint32_t output_rate);

  Resampler(Resampler&&) = default;
  Resampler& operator=(Resampler&&) = default;

  // Room that process() wants for `input` samples. Exact at every multiple of the
  // ratio: 160 samples at 8 kHz are always 960 at 48 kHz.
  size_t max_output(size_t input) const { return (input * up_ + down_ - 1) / down_ + 1; }

  // Takes all of `in`; samples written to `out`, which has room for
  // max_output(in.size()).
  size_t process(std::span<const int16_t> in, std::span<int16_t> out);

  // As if nothing had gone through it.
  void reset();

 private:
  Resampler(size_t up, size_t down);
  void design();
  void quantise(const std::vector<double>& exact, double largest, double largest_sum);
  int16_t filter(const int16_t* newest_end, size_t phase) const;
  size_t process_chunk(std::span<const int16_t> in, std::span<int16_t> out);

  size_t up_;
  size_t down_;
  size_t taps_;                        // per phase
  int shift_ = 0;                      // coefficients are scaled by 2^shift
  std::vector<int16_t> coefficients_;  // by phase, the oldest sample's first
  std::vector<int16_t> window_;        // the last taps - 1 samples, then new ones
  size_t phase_ = 0;                   // of the next output, in 1/up_ of an input
};

}  // namespace commd::codec
