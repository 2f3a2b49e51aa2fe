// Test signals and measures of what became of them.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <numbers>
#include <span>
#include <vector>

namespace commd::codec {

using Pcm = std::vector<int16_t>;

inline Pcm sine(uint32_t rate, double hz, double seconds, double amplitude = 8000) {
  Pcm pcm(static_cast<size_t>(rate * seconds));
  for (size_t i = 0; i < pcm.size(); ++i) {
    const double angle = 2 * std::numbers::pi * hz * static_cast<double>(i) / rate;
    pcm[i] = static_cast<int16_t>(std::lrint(amplitude * std::sin(angle)));
  }
  return pcm;
}

// Something voiced that swells four times a second and is never silent.
inline Pcm voice(uint32_t rate, double seconds) {
  Pcm pcm(static_cast<size_t>(rate * seconds));
  for (size_t i = 0; i < pcm.size(); ++i) {
    const double turn = 2 * std::numbers::pi * static_cast<double>(i) / rate;
    double sum = 0;
    for (int harmonic = 1; harmonic <= 12; ++harmonic)
      sum += std::sin(turn * 150 * harmonic + harmonic) / harmonic;
    pcm[i] = static_cast<int16_t>(4000 * sum * (0.55 + 0.45 * std::sin(turn * 4)));
  }
  return pcm;
}

// 300 to 3400 Hz in 0.2 s, half a second of silence around it.
inline Pcm chirp(uint32_t rate) {
  Pcm pcm(rate);
  const double length = 0.2;
  const size_t start = rate / 4;
  for (size_t i = 0; i < static_cast<size_t>(rate * length); ++i) {
    const double t = static_cast<double>(i) / rate;
    const double angle = 2 * std::numbers::pi * (300 * t + 3100 * t * t / (2 * length));
    pcm[start + i] = static_cast<int16_t>(std::lrint(8000 * std::sin(angle)));
  }
  return pcm;
}

// The best normalised correlation of `heard` with `sent` at any delay of 0 to 60 ms.
inline double best_correlation(std::span<const int16_t> sent, std::span<const int16_t> heard,
                               uint32_t rate) {
  double best = 0;
  for (size_t delay = 0; delay < rate * 60 / 1000; ++delay) {
    double product = 0;
    double sent_energy = 1;
    double heard_energy = 1;
    for (size_t i = 0; i + delay < heard.size() && i < sent.size(); ++i) {
      product += static_cast<double>(sent[i]) * heard[i + delay];
      sent_energy += static_cast<double>(sent[i]) * sent[i];
      heard_energy += static_cast<double>(heard[i + delay]) * heard[i + delay];
    }
    best = std::max(best, product / std::sqrt(sent_energy * heard_energy));
  }
  return best;
}

// dB of `reference` above the difference of the two.
inline double snr_db(std::span<const int16_t> reference, std::span<const int16_t> heard) {
  double signal = 0;
  double noise = 1e-9;
  for (size_t i = 0; i < std::min(reference.size(), heard.size()); ++i) {
    const double difference = static_cast<double>(reference[i]) - heard[i];
    signal += static_cast<double>(reference[i]) * reference[i];
    noise += difference * difference;
  }
  return 10 * std::log10(signal / noise);
}

// How far `pcm` is from the sine of `hz` that fits it best (least squares), in dB.
inline double sine_snr_db(std::span<const int16_t> pcm, uint32_t rate, double hz) {
  double ss = 0, sc = 0, cc = 0, sx = 0, cx = 0, xx = 0;
  const double step = 2 * std::numbers::pi * hz / rate;
  for (size_t i = 0; i < pcm.size(); ++i) {
    const double s = std::sin(step * static_cast<double>(i));
    const double c = std::cos(step * static_cast<double>(i));
    ss += s * s;
    sc += s * c;
    cc += c * c;
    sx += s * pcm[i];
    cx += c * pcm[i];
    xx += static_cast<double>(pcm[i]) * pcm[i];
  }
  const double determinant = ss * cc - sc * sc;
  const double a = (sx * cc - cx * sc) / determinant;
  const double b = (cx * ss - sx * sc) / determinant;
  const double fitted = a * sx + b * cx;
  return 10 * std::log10(fitted / std::max(1e-9, xx - fitted));
}

inline double db(double ratio) { return 20 * std::log10(std::max(ratio, 1e-9)); }

inline size_t thread_count() {
  size_t count = 0;
  for ([[maybe_unused]] const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
    ++count;
  }
  return count;
}

}  // namespace commd::codec
