#include "media/codec/drift_resampler.h"

#include <algorithm>
#include <cassert>
#include <cmath>

namespace commd::codec {

void DriftResampler::set_ppm(double ppm) {
  step_ = 1.0 / (1.0 + std::clamp(ppm, -max_ppm, max_ppm) * 1e-6);
}

size_t DriftResampler::process(std::span<const int16_t> in, std::span<int16_t> out) {
  assert(out.size() >= max_output(in.size()));
  size_t written = 0;
  for (const int16_t sample : in) {
    past_ = {past_[1], past_[2], past_[3], static_cast<double>(sample)};
    for (; position_ < 1 && written < out.size(); position_ += step_)
      out[written++] = interpolate();
    position_ -= 1;
  }
  return written;
}

// Lagrange's cubic through four samples, between the second and the third.
int16_t DriftResampler::interpolate() const {
  const double x = position_;
  const auto& [a, b, c, d] = past_;
  const double value = -a * x * (x - 1) * (x - 2) / 6 + b * (x + 1) * (x - 1) * (x - 2) / 2 -
                       c * (x + 1) * x * (x - 2) / 2 + d * (x + 1) * x * (x - 1) / 6;
  return static_cast<int16_t>(std::lrint(std::clamp(value, -32'768.0, 32'767.0)));
}

}  // namespace commd::codec
