// A sine generator: test tones, ringback, DTMF. Belongs to one thread at a time.
#pragma once

#include <cmath>
#include <cstdint>
#include <numbers>
#include <span>

namespace commd::codec {

class ToneGenerator {
 public:
  // Frequency in Hz; `amplitude` is the peak, 0 to 32767.
  ToneGenerator(uint32_t sample_rate, double frequency, double amplitude)
      : step_(2 * std::numbers::pi * frequency / sample_rate), amplitude_(amplitude) {}

  // Continues where the last call ended.
  void fill(std::span<int16_t> out) {
    for (int16_t& sample : out) sample = next();
  }

  // Adds to what is there, limited to int16.
  void add(std::span<int16_t> out) {
    for (int16_t& sample : out) {
      const int sum = sample + next();
      sample = static_cast<int16_t>(sum > 32'767 ? 32'767 : sum < -32'768 ? -32'768 : sum);
    }
  }

 private:
  int16_t next() {
    const double value = amplitude_ * std::sin(phase_);
    phase_ += step_;
    if (phase_ > 2 * std::numbers::pi) phase_ -= 2 * std::numbers::pi;
    return static_cast<int16_t>(std::lrint(value));
  }

  double step_;
  double amplitude_;
  double phase_ = 0;
};

}  // namespace commd::codec
