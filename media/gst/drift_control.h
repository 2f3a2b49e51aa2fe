// How much faster or slower than its own clock a device must be heard so that the
// ring between it and a call neither runs dry nor fills up.
//
// The fill of a ring between two periodic threads is a sawtooth; what must be kept
// is its low point, the reserve against lateness. A PI controller holds the low
// point of each second at the target by changes of at most 1,000 ppm, which nobody
// hears. What is too far off for that is corrected at once.
//
// Belongs to one thread at a time. Never allocates.
#pragma once

namespace commd::gst {

class DriftControl {
 public:
  explicit DriftControl(double target_ms) : target_ms_(target_ms) {}

  // The fill at its momentary low (before a read, after a write), once for each
  // `elapsed_ms` of audio.
  void observe(double level_ms, double elapsed_ms);

  // For codec::DriftResampler: positive when the ring needs more samples.
  double ppm() const { return ppm_; }
  // What is to be thrown away now, in ms; 0 but for a ring that is far too full.
  // Asking takes it.
  double take_excess();
  // The ring was filled anew; what was seen before does not count. The clock's error
  // that was learnt stays.
  void restart();

 private:
  void settle();

  double target_ms_;
  double ppm_ = 0;
  double learnt_ppm_ = 0;  // of the clocks
  double lowest_ms_ = 0;
  double seen_ms_ = 0;  // audio since the last decision
  double excess_ms_ = 0;
  bool fresh_ = true;
};

}  // namespace commd::gst
