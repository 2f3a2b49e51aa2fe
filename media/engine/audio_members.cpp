#include "media/engine/audio_members.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace commd::engine {
namespace {

// The peak of a sine at -10 dBov RMS.
const double tone_amplitude = 32768 * std::pow(10.0, -10.0 / 20) * std::numbers::sqrt2;

// A device that runs ahead, or ran while the call was held.
constexpr size_t most_device_frames = 6;

uint32_t rate_of(std::span<const int16_t> frame) {
  return static_cast<uint32_t>(frame.size() * 50);
}

}  // namespace

void ToneInput::set_rate(uint32_t rate) {
  rate_ = rate;
  const double step = 2 * std::numbers::pi * frequency_ / rate;
  step_cosine_ = std::cos(step);
  step_sine_ = std::sin(step);
}

bool ToneInput::pull(std::span<int16_t> frame) {
  if (rate_of(frame) != rate_) set_rate(rate_of(frame));
  // Above half the rate there is no such tone.
  if (frequency_ * 2 >= rate_) return false;
  for (int16_t& sample : frame) {
    sample = static_cast<int16_t>(std::lrint(tone_amplitude * sine_));
    const double cosine = cosine_ * step_cosine_ - sine_ * step_sine_;
    sine_ = sine_ * step_cosine_ + cosine_ * step_sine_;
    cosine_ = cosine;
  }
  // Rounding may not let it grow or fade.
  const double length = std::hypot(cosine_, sine_);
  cosine_ /= length;
  sine_ /= length;
  return true;
}

RingInput::RingInput(std::shared_ptr<RingEndpoint> source, Backlog backlog,
                     std::function<void()> finished)
    : source_(std::move(source)), backlog_(backlog), finished_(std::move(finished)) {}

bool RingInput::pull(std::span<int16_t> frame) {
  AudioRing& ring = source_->ring();
  const uint32_t rate = source_->sample_rate();
  const bool same_rate = rate == rate_of(frame);
  if (!same_rate) samples_.resize(rate / 50);
  const std::span<int16_t> samples = same_rate ? frame : std::span<int16_t>(samples_);
  const size_t before = ring.size();
  // Two frames are kept, so that a device that delivers unevenly is not cut.
  if (backlog_ == Backlog::drop && before > samples.size() * most_device_frames)
    ring.skip(before - 2 * samples.size());
  const size_t count = ring.read(samples);
  const size_t half = ring.capacity() / 2;
  if (before >= half && before - count < half) source_->wake();
  if (count == 0) {
    if (finished_ && ring.finished()) std::exchange(finished_, nullptr)();
    if (!ring.finished()) source_->wake();
    return false;
  }
  std::fill(samples.begin() + static_cast<ptrdiff_t>(count), samples.end(), int16_t{0});
  if (!same_rate) adapter_.convert(samples, rate, frame, rate_of(frame));
  return true;
}

void RingOutput::push(const mixer::MixedFrame& frame) {
  AudioRing& ring = sink_->ring();
  const uint32_t rate = sink_->sample_rate();
  std::span<const int16_t> samples = frame.samples;
  if (rate != rate_of(samples)) {
    samples_.resize(rate / 50);
    adapter_.convert(samples, rate_of(samples), samples_, rate);
    samples = samples_;
  }
  const size_t before = ring.size();
  ring.write(samples);
  const size_t half = ring.capacity() / 2;
  if (before < half && before + samples.size() >= half) sink_->wake();
}

void StereoRecorder::place(std::span<const int16_t> samples, uint32_t rate, size_t channel,
                           RateAdapter& adapter) {
  const size_t count = interleaved_.size() / 2;
  if (samples.empty()) return;
  if (rate != sink_->sample_rate()) {
    converted_.resize(count);
    adapter.convert(samples, rate, converted_, sink_->sample_rate());
    samples = converted_;
  }
  for (size_t i = 0; i < std::min(count, samples.size()); ++i)
    interleaved_[2 * i + channel] = samples[i];
}

void StereoRecorder::write(std::span<const int16_t> left, std::span<const int16_t> right,
                           uint32_t rate) {
  interleaved_.assign(size_t{sink_->sample_rate()} / 50 * 2, 0);
  place(left, rate, 0, left_);
  place(right, rate, 1, right_);
  AudioRing& ring = sink_->ring();
  const size_t before = ring.size();
  // Never half a pair: a full ring loses whole frames.
  if (ring.capacity() - before < interleaved_.size()) {
    sink_->wake();
    return;
  }
  ring.write(interleaved_);
  const size_t half = ring.capacity() / 2;
  if (before < half && before + interleaved_.size() >= half) sink_->wake();
}

bool EchoLoop::Input::pull(std::span<int16_t> frame) {
  // After a change of rate the old frame is of no use.
  if (owner_.frame_.size() != frame.size()) return false;
  std::ranges::copy(owner_.frame_, frame.begin());
  return true;
}

void EchoLoop::Output::push(const mixer::MixedFrame& frame) {
  if (frame.silent) {
    owner_.frame_.clear();
  } else {
    owner_.frame_.assign(frame.samples.begin(), frame.samples.end());
  }
}

}  // namespace commd::engine
