#include "media/gst/drift_control.h"

#include <algorithm>
#include <utility>

namespace commd::gst {
namespace {

constexpr double decision_ms = 1'000;
constexpr double most_ppm = 1'000;
// A device whose clock is worse than this is corrected by dropping.
constexpr double most_learnt_ppm = 600;
// A millisecond off is corrected with 50 ppm, and the clock's error learnt, within half
// a minute; critically damped. When one thread's phase slips past the other's the low
// point jumps by the 10 ms of a block, which then is a change of pitch by 500 ppm, less
// than a cent.
constexpr double ppm_per_ms = 50;
constexpr double learning_ppm_per_ms = 0.6;
// More than this is a backlog, not drift.
constexpr double backlog_ms = 40;

}  // namespace

void DriftControl::observe(double level_ms, double elapsed_ms) {
  lowest_ms_ = std::exchange(fresh_, false) ? level_ms : std::min(lowest_ms_, level_ms);
  seen_ms_ += elapsed_ms;
  if (seen_ms_ >= decision_ms) settle();
}

void DriftControl::settle() {
  const double error_ms = lowest_ms_ - target_ms_;
  seen_ms_ = 0;
  fresh_ = true;
  if (error_ms > backlog_ms) {
    excess_ms_ = error_ms;
    ppm_ = -learnt_ppm_;
    return;
  }
  learnt_ppm_ =
      std::clamp(learnt_ppm_ + learning_ppm_per_ms * error_ms, -most_learnt_ppm, most_learnt_ppm);
  ppm_ = -std::clamp(ppm_per_ms * error_ms + learnt_ppm_, -most_ppm, most_ppm);
}

double DriftControl::take_excess() { return std::exchange(excess_ms_, 0); }

void DriftControl::restart() {
  fresh_ = true;
  seen_ms_ = 0;
  excess_ms_ = 0;
  ppm_ = -learnt_ppm_;
}

}  // namespace commd::gst
