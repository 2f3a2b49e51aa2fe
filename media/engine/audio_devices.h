// What the engine wants of the room that knows the sound server: device streams as
// rings of samples, the list of devices, alerts, and recorders for compressed files.
// media/gst implements it and the composition root hands it in. Without it devices
// behave like `none`: no sound card is never an error.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "daemon/base/result.h"
#include "daemon/ports/media_engine.h"
#include "media/engine/audio_ring.h"

namespace commd::engine {

// One end of a ring whose other end belongs to another thread. Let go by
// destruction, on a worker: what must not happen there is posted away.
class RingEndpoint {
 public:
  virtual ~RingEndpoint() = default;
  // Capture and files: the worker reads. Playback and recorders: it writes.
  virtual AudioRing& ring() = 0;
  // Hz of the samples in the ring; constant. 20 ms must be whole samples.
  virtual uint32_t sample_rate() const = 0;
  // The worker has crossed the middle of the ring, or found it empty or full. Worker;
  // does not block.
  virtual void wake() = 0;
};

// Core thread, but for what RingEndpoint says.
class AudioDevices {
 public:
  virtual ~AudioDevices() = default;

  // A stream of mono samples at `rate` Hz, of the device of this name (empty: the
  // default). It returns at once; while the device is not there, or after it went,
  // capture gives nothing and playback is drained to nowhere. The device's own clock
  // is matched to the ring's. Never null.
  virtual std::shared_ptr<RingEndpoint> open_capture(const std::string& name, uint32_t rate) = 0;
  virtual std::shared_ptr<RingEndpoint> open_playback(const std::string& name, uint32_t rate) = 0;

  // Whether named devices are there: NOT_FOUND (DEVICE_NOT_FOUND) in words without the
  // field. The default ones, and any without a sound server, always pass. `done` comes
  // later.
  virtual void check(const model::AudioSource& source, const model::AudioSink& sink,
                     std::function<void(base::Result<void>)> done) = 0;
  // ports::MediaEngine says more.
  virtual std::unique_ptr<ports::MediaEngine::AlertPlayer> alert(ports::MediaEngine::Alert kind,
                                                                 const model::AudioSink& where) = 0;
  virtual void watch(ports::DeviceObserver& observer) = 0;
  virtual std::vector<model::Device> devices() const = 0;
  virtual void when_known(std::function<void()> done) = 0;
  virtual void test(const model::AudioSource& source, const model::AudioSink& sink,
                    unsigned seconds,
                    std::function<void(base::Result<ports::MediaEngine::DeviceTest>)> done) = 0;
};

// Makes recordings other than WAV. Core thread.
class RecorderFactory {
 public:
  virtual ~RecorderFactory() = default;
  // A file for interleaved stereo at `rate` Hz (Ogg/Opus), created as
  // media/engine/private_file.h says. `done` comes later, on the core thread. The
  // file is finished when the endpoint is let go.
  virtual void open(const std::string& path, uint32_t rate,
                    std::function<void(base::Result<std::shared_ptr<RingEndpoint>>)> done) = 0;
};

}  // namespace commd::engine
