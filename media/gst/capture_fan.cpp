#include "media/gst/capture_fan.h"

#include <algorithm>

namespace commd::gst {
namespace {

// What lies in the ring just after a write at its lowest: the 20 ms that the worker
// takes next, less the 10 ms it may have to wait for; the 10 ms by which that falls
// when one clock slips past the other; and 5 ms against lateness.
constexpr double target_ms = 25;
constexpr unsigned rings_a_second = 4;  // 250 ms

}  // namespace

CaptureTrack::CaptureTrack(uint32_t rate)
    : rate_(rate), ring_(rate / rings_a_second), control_(target_ms) {
  steered_.resize(drift_.max_output(device_block));
  if (rate == device_rate) return;
  resampler_ = codec::Resampler::create(device_rate, rate);
  if (resampler_) converted_.resize(resampler_->max_output(steered_.size()));
}

double CaptureTrack::level_ms() const {
  return 1'000.0 * static_cast<double>(ring_.size()) / rate_;
}

// The call has found the ring empty, or has not begun: a reserve once is better than
// gaps for ever.
void CaptureTrack::reserve() {
  std::ranges::fill(steered_, int16_t{0});
  size_t missing = static_cast<size_t>(target_ms * rate_ / 1'000);
  while (missing > 0) {
    const auto part = std::span<const int16_t>(steered_).first(std::min(missing, steered_.size()));
    if (ring_.write(part) < part.size()) break;
    missing -= part.size();
  }
  control_.restart();
}

void CaptureTrack::write(std::span<const int16_t> samples) {
  const double elapsed_ms = 1'000.0 * static_cast<double>(samples.size()) / device_rate;
  if (ring_.size() == 0) reserve();
  if (to_drop_ms_ >= elapsed_ms) {
    to_drop_ms_ -= elapsed_ms;
  } else {
    drift_.set_ppm(control_.ppm());
    auto ready = std::span<const int16_t>(steered_).first(drift_.process(samples, steered_));
    if (resampler_) {
      ready = std::span<const int16_t>(converted_).first(resampler_->process(ready, converted_));
    } else if (rate_ != device_rate) {
      return;
    }
    ring_.write(ready);
  }
  control_.observe(level_ms(), elapsed_ms);
  if (const double excess = control_.take_excess(); excess > 0) to_drop_ms_ = excess;
}

void CaptureFan::add(std::shared_ptr<CaptureTrack> track) {
  commands_.post([this, track = std::move(track)] { tracks_.push_back(track); });
}

void CaptureFan::remove(std::shared_ptr<CaptureTrack> track) {
  commands_.post([this, track = std::move(track)] { std::erase(tracks_, track); });
}

void CaptureFan::captured(std::span<const int16_t> samples) {
  commands_.run();
  while (!samples.empty()) {
    const auto block = samples.first(std::min(samples.size(), device_block));
    for (const auto& track : tracks_) track->write(block);
    samples = samples.subspan(block.size());
  }
}

}  // namespace commd::gst
