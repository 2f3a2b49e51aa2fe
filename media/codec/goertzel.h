// How much of one frequency a piece of audio holds (Goertzel's algorithm): for
// in-band tones and for tests. A pure function; any thread.
#pragma once

#include <cmath>
#include <cstdint>
#include <numbers>
#include <span>

namespace commd::codec {

// The peak amplitude, 0 to 32767, of the sine of `frequency` Hz in `pcm`. Exact
// if `pcm` holds whole periods of it, else within some percent once it holds ten.
inline double tone_amplitude(std::span<const int16_t> pcm, uint32_t sample_rate, double frequency) {
  if (pcm.empty()) return 0;
  const double step = 2 * std::numbers::pi * frequency / sample_rate;
  const double coefficient = 2 * std::cos(step);
  double previous = 0;
  double before = 0;
  for (const int16_t sample : pcm) {
    const double current = sample + coefficient * previous - before;
    before = previous;
    previous = current;
  }
  const double power = previous * previous + before * before - coefficient * previous * before;
  return 2 * std::sqrt(power < 0 ? 0 : power) / static_cast<double>(pcm.size());
}

}  // namespace commd::codec
