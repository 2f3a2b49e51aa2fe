// One microphone for all calls that listen to it: every track has a ring of its own,
// at its own rate, and its own correction of the device's clock.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "media/codec/drift_resampler.h"
#include "media/codec/resampler.h"
#include "media/engine/audio_ring.h"
#include "media/engine/command_queue.h"
#include "media/gst/drift_control.h"
#include "media/gst/feeds.h"

namespace commd::gst {

// The ring is read by a worker; the rest belongs to the device's side.
class CaptureTrack {
 public:
  // `rate` in Hz, one that codec::Resampler can make of 48,000; another gives nothing.
  explicit CaptureTrack(uint32_t rate);

  engine::AudioRing& ring() { return ring_; }
  uint32_t rate() const { return rate_; }
  // At most device_block samples.
  void write(std::span<const int16_t> samples);

 private:
  double level_ms() const;
  void reserve();

  uint32_t rate_;
  engine::AudioRing ring_;
  std::optional<codec::Resampler> resampler_;  // none: the ring has the device's rate
  codec::DriftResampler drift_;
  DriftControl control_;
  double to_drop_ms_ = 0;
  std::vector<int16_t> steered_;
  std::vector<int16_t> converted_;
};

// add() and remove(): the owner's thread. captured(): the streaming thread, as long as
// a pipeline runs; settle() lets the owner do its part while none does.
class CaptureFan : public CaptureSink {
 public:
  void add(std::shared_ptr<CaptureTrack> track);
  void remove(std::shared_ptr<CaptureTrack> track);
  // Only while no pipeline runs.
  void settle() { commands_.run(); }

  void captured(std::span<const int16_t> samples) override;

 private:
  engine::CommandQueue commands_;
  std::vector<std::shared_ptr<CaptureTrack>> tracks_;
};

}  // namespace commd::gst
