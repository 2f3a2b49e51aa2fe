#include "media/gst/playback_mix.h"

#include <algorithm>

namespace commd::gst {
namespace {

// What lies in the ring just before 10 ms of it are taken, at its lowest: those, the
// 10 ms by which that falls when one clock slips past the other, and 5 ms against
// lateness.
constexpr double target_ms = 25;
constexpr double start_ms = 30;
constexpr unsigned rings_a_second = 4;  // 250 ms
constexpr unsigned blocks_a_second = 100;

}  // namespace

PlaybackTrack::PlaybackTrack(uint32_t rate)
    : rate_(rate), ring_(rate / rings_a_second), control_(target_ms) {
  taken_.resize(rate / blocks_a_second);
  size_t converted = taken_.size();
  if (rate != device_rate) {
    resampler_ = codec::Resampler::create(rate, device_rate);
    if (resampler_) converted = resampler_->max_output(taken_.size());
  }
  converted_.resize(converted);
  steered_.resize(drift_.max_output(converted));
  ready_.reserve(device_block + 2 * steered_.size());
}

double PlaybackTrack::level_ms() const {
  return 1'000.0 * static_cast<double>(ring_.size()) / rate_ +
         1'000.0 * static_cast<double>(ready_.size()) / device_rate;
}

void PlaybackTrack::convert_block() {
  ring_.read(taken_);
  std::span<const int16_t> block = taken_;
  if (resampler_)
    block = std::span<const int16_t>(converted_).first(resampler_->process(block, converted_));
  const size_t count = drift_.process(block, steered_);
  ready_.insert(ready_.end(), steered_.begin(), steered_.begin() + static_cast<ptrdiff_t>(count));
}

void PlaybackTrack::add_to(std::span<int32_t> sum) {
  if (rate_ != device_rate && !resampler_) return;
  if (filling_) {
    if (level_ms() < start_ms) return;
    filling_ = false;
    control_.restart();
  }
  control_.observe(level_ms(), 1'000.0 * static_cast<double>(sum.size()) / device_rate);
  if (const double excess = control_.take_excess(); excess > 0)
    ring_.skip(static_cast<size_t>(excess * rate_ / 1'000));
  drift_.set_ppm(control_.ppm());
  while (ready_.size() < sum.size() && ring_.size() >= taken_.size()) convert_block();
  const size_t count = std::min(ready_.size(), sum.size());
  for (size_t i = 0; i < count; ++i) sum[i] += ready_[i];
  ready_.erase(ready_.begin(), ready_.begin() + static_cast<ptrdiff_t>(count));
  // Dry: one gap to build up a reserve instead of many.
  if (count < sum.size()) filling_ = true;
}

void PlaybackTrack::forget() {
  ring_.skip(ring_.size());
  ready_.clear();
  filling_ = true;
}

void PlaybackMix::add(std::shared_ptr<PlaybackTrack> track) {
  commands_.post([this, track = std::move(track)] { tracks_.push_back(track); });
}

void PlaybackMix::remove(std::shared_ptr<PlaybackTrack> track) {
  commands_.post([this, track = std::move(track)] { std::erase(tracks_, track); });
}

void PlaybackMix::forget() {
  for (const auto& track : tracks_) track->forget();
}

void PlaybackMix::render(std::span<int16_t> samples) {
  commands_.run();
  while (!samples.empty()) {
    const auto block = samples.first(std::min(samples.size(), device_block));
    sum_.assign(block.size(), 0);
    for (const auto& track : tracks_) track->add_to(sum_);
    std::ranges::transform(sum_, block.begin(), [](int32_t sum) {
      return static_cast<int16_t>(std::clamp(sum, INT16_MIN, INT16_MAX));
    });
    samples = samples.subspan(block.size());
  }
}

}  // namespace commd::gst
