// Follows a clock that runs a little fast or slow (a sound card's against the
// system's): changes the rate of a mono signal by some parts per million, by
// cubic interpolation. Meant for 48 kHz, where it is transparent to speech; the
// delay is two samples.
//
// Belongs to one thread at a time. Never allocates.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace commd::codec {

class DriftResampler {
 public:
  static constexpr double max_ppm = 1'000;

  // Positive: more samples come out than go in. Bounded to max_ppm.
  void set_ppm(double ppm);

  size_t max_output(size_t input) const { return input + input / 500 + 2; }

  // Takes all of `in`; samples written to `out`, which has room for
  // max_output(in.size()).
  size_t process(std::span<const int16_t> in, std::span<int16_t> out);

 private:
  int16_t interpolate() const;

  double step_ = 1;      // input samples per output sample
  double position_ = 0;  // of the next output behind past_[1], 0 to 1 and a little
  std::array<double, 4> past_{};
};

}  // namespace commd::codec
