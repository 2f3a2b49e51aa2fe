#include "media/codec/resampler.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <numbers>
#include <numeric>

namespace commd::codec {

namespace {

constexpr size_t max_ratio = 640;
constexpr size_t chunk = 960;
// The filter spans 32 samples of the lower rate; with this window that makes a
// transition of 0.85 to 1.12 of its half.
constexpr size_t span_of_lower_rate = 32;
constexpr double cutoff = 0.985;
constexpr double kaiser_beta = 6.2;  // 66 dB
constexpr int max_shift = 15;

// Modified Bessel function of the first kind, order 0, by its power series.
double bessel_i0(double x) {
  double sum = 1;
  double term = 1;
  for (int k = 1; k < 40; ++k) {
    term *= (x / 2 / k) * (x / 2 / k);
    sum += term;
  }
  return sum;
}

double kaiser(double position) {  // -1 to 1
  const double inside = std::max(0.0, 1 - position * position);
  return bessel_i0(kaiser_beta * std::sqrt(inside)) / bessel_i0(kaiser_beta);
}

double sinc(double x) {
  if (x == 0) return 1;
  return std::sin(std::numbers::pi * x) / (std::numbers::pi * x);
}

}  // namespace

std::optional<Resampler> Resampler::create(uint32_t input_rate, uint32_t output_rate) {
  constexpr uint32_t min_rate = 8'000;
  constexpr uint32_t max_rate = 192'000;
  if (std::min(input_rate, output_rate) < min_rate) return std::nullopt;
  if (std::max(input_rate, output_rate) > max_rate) return std::nullopt;
  const uint32_t common = std::gcd(input_rate, output_rate);
  const size_t up = output_rate / common;
  const size_t down = input_rate / common;
  if (std::max(up, down) > max_ratio) return std::nullopt;
  return Resampler(up, down);
}

Resampler::Resampler(size_t up, size_t down) : up_(up), down_(down) {
  const size_t length = span_of_lower_rate * std::max(up, down);
  // A multiple of 8, which the vector unit takes at a time.
  taps_ = up == down ? 1 : ((length + up - 1) / up + 7) / 8 * 8;
  window_.resize(taps_ - 1 + chunk);
  if (up != down) design();
}

// One low-pass at up * input rate, cut into `up` phases. Each phase's coefficients
// are scaled and rounded so that they sum to exactly one: a constant stays constant.
void Resampler::design() {
  const size_t length = taps_ * up_;
  const double centre = static_cast<double>(length) / 2;
  const double band = cutoff / static_cast<double>(std::max(up_, down_));
  std::vector<double> exact(length);
  double largest_sum = 0;
  double largest = 0;
  for (size_t phase = 0; phase < up_; ++phase) {
    double sum = 0;
    double magnitude = 0;
    for (size_t tap = 0; tap < taps_; ++tap) {
      const double at = static_cast<double>(tap * up_ + phase) - centre;
      // The window is as long as the filter asked for, taps beyond it are zero.
      const double reach = span_of_lower_rate * static_cast<double>(std::max(up_, down_)) / 2;
      double& value = exact[phase * taps_ + (taps_ - 1 - tap)];
      value = std::abs(at) > reach ? 0 : sinc(at * band) * kaiser(at / reach);
      sum += value;
    }
    for (size_t tap = 0; tap < taps_; ++tap) {
      double& value = exact[phase * taps_ + tap];
      value /= sum;
      magnitude += std::abs(value);
      largest = std::max(largest, std::abs(value));
    }
    largest_sum = std::max(largest_sum, magnitude);
  }
  quantise(exact, largest, largest_sum);
}

// As precise as fits: a coefficient into int16, a sum of products into int32.
void Resampler::quantise(const std::vector<double>& exact, double largest, double largest_sum) {
  shift_ = max_shift;
  while (largest * (1 << shift_) > 32'700 || largest_sum * (1 << shift_) > 65'000) --shift_;
  coefficients_.resize(exact.size());
  for (size_t phase = 0; phase < up_; ++phase) {
    int rest = 1 << shift_;
    int16_t* row = &coefficients_[phase * taps_];
    for (size_t tap = 0; tap < taps_; ++tap) {
      row[tap] = static_cast<int16_t>(std::lrint(exact[phase * taps_ + tap] * (1 << shift_)));
      rest -= row[tap];
    }
    *std::max_element(row, row + taps_) += static_cast<int16_t>(rest);
  }
}

int16_t Resampler::filter(const int16_t* samples, size_t phase) const {
  const int16_t* row = &coefficients_[phase * taps_];
  int32_t sum = 0;
  for (size_t i = 0; i < taps_; ++i) sum += samples[i] * row[i];
  const int32_t rounded = (sum + (1 << (shift_ - 1))) >> shift_;
  return static_cast<int16_t>(std::clamp(rounded, -32'768, 32'767));
}

size_t Resampler::process(std::span<const int16_t> in, std::span<int16_t> out) {
  assert(out.size() >= max_output(in.size()));
  if (up_ == down_) {
    std::copy(in.begin(), in.end(), out.begin());
    return in.size();
  }
  size_t written = 0;
  while (!in.empty()) {
    const size_t size = std::min(in.size(), chunk);
    written += process_chunk(in.first(size), out.subspan(written));
    in = in.subspan(size);
  }
  return written;
}

size_t Resampler::process_chunk(std::span<const int16_t> in, std::span<int16_t> out) {
  const size_t kept = taps_ - 1;
  std::copy(in.begin(), in.end(), window_.begin() + static_cast<ptrdiff_t>(kept));
  size_t written = 0;
  for (; phase_ < in.size() * up_; phase_ += down_) {
    if (written == out.size()) break;
    out[written++] = filter(&window_[phase_ / up_], phase_ % up_);
  }
  phase_ -= std::min(phase_, in.size() * up_);
  std::copy_n(window_.begin() + static_cast<ptrdiff_t>(in.size()), kept, window_.begin());
  return written;
}

void Resampler::reset() {
  std::fill(window_.begin(), window_.end(), int16_t{0});
  phase_ = 0;
}

}  // namespace commd::codec
