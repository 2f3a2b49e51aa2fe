// How loud a stream is, over the last 100 ms (dBov as in RFC 6464). One thread.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <span>

namespace commd::engine {

class LevelMeter {
 public:
  static constexpr unsigned frames_per_window = 5;  // of 20 ms

  void add(std::span<const int16_t> frame) {
    for (const int16_t sample : frame) sum_ += int32_t{sample} * sample;
    samples_ += frame.size();
    if (++frames_ == frames_per_window) close_window();
  }
  void add_silence() {
    if (++frames_ == frames_per_window) close_window();
  }

  // -127..0.
  double dbov() const { return level_of(mean_square_); }
  // The loudest window so far.
  double peak_dbov() const { return level_of(loudest_); }

 private:
  static double level_of(double mean_square) {
    if (mean_square <= 0) return -127;
    return std::clamp(10 * std::log10(mean_square / (32768.0 * 32768.0)), -127.0, 0.0);
  }
  void close_window() {
    mean_square_ = samples_ == 0 ? 0 : static_cast<double>(sum_) / static_cast<double>(samples_);
    loudest_ = std::max(loudest_, mean_square_);
    sum_ = 0;
    samples_ = 0;
    frames_ = 0;
  }

  int64_t sum_ = 0;
  uint64_t samples_ = 0;
  unsigned frames_ = 0;
  double mean_square_ = 0;
  double loudest_ = 0;
};

}  // namespace commd::engine
