// One loudspeaker for all calls that are heard through it: every track has a ring of
// its own, at its own rate, and its own correction of the device's clock; they are
// summed with saturation.
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

// The ring is written by a worker; the rest belongs to the device's side.
class PlaybackTrack {
 public:
  // `rate` in Hz, one of which codec::Resampler can make 48,000; another is silent.
  explicit PlaybackTrack(uint32_t rate);

  engine::AudioRing& ring() { return ring_; }
  uint32_t rate() const { return rate_; }
  // Adds at most device_block samples to `sum`.
  void add_to(std::span<int32_t> sum);
  // A device has come: what was written for one that was not there is old.
  void forget();

 private:
  double level_ms() const;
  void convert_block();

  uint32_t rate_;
  engine::AudioRing ring_;
  std::optional<codec::Resampler> resampler_;  // none: the ring has the device's rate
  codec::DriftResampler drift_;
  DriftControl control_;
  // Nothing is played until there is a reserve.
  bool filling_ = true;
  std::vector<int16_t> taken_;
  std::vector<int16_t> converted_;
  std::vector<int16_t> steered_;
  std::vector<int16_t> ready_;  // 48 kHz, not yet played
};

// add() and remove(): the owner's thread. render(): the streaming thread, as long as a
// pipeline runs; settle() and forget() are the owner's while none does.
class PlaybackMix : public PlaybackSource {
 public:
  void add(std::shared_ptr<PlaybackTrack> track);
  void remove(std::shared_ptr<PlaybackTrack> track);
  // Only while no pipeline runs.
  void settle() { commands_.run(); }
  void forget();

  void render(std::span<int16_t> samples) override;

 private:
  engine::CommandQueue commands_;
  std::vector<std::shared_ptr<PlaybackTrack>> tracks_;
  std::vector<int32_t> sum_;
};

}  // namespace commd::gst
