// Sound devices, alerts and compressed recordings for the media engine, by PulseAudio
// or PipeWire, or ALSA where neither runs, through GStreamer.
//
// There is one thread, "sound", started with the first call of anything but configure();
// until then nothing is initialised. Without a sound server everything works and is
// silent; devices come and go with it, unnoticed by calls.
//
// Core thread. No endpoint and no alert outlives it.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "daemon/base/log.h"
#include "daemon/base/thread_check.h"
#include "media/engine/audio_devices.h"
#include "media/gst/sound_options.h"

namespace commd::loop {
class GlibLoop;
}

namespace commd::gst {

class AudioRouter;

class SoundSystem : public engine::AudioDevices, public engine::RecorderFactory {
 public:
  // Runs a function on the core thread, later. Any thread.
  using Post = std::function<void(std::function<void()>)>;

  SoundSystem(SoundOptions options, Post post, base::Logger logger);
  // Closes the devices, finishes recordings (half a second for all), ends the thread.
  // Nothing is called back afterwards.
  ~SoundSystem() override;

  // The beginning of the end: devices are closed, for good, while others do the same.
  // Recordings go on. Does not wait.
  void close();
  // What waits for an answer of a sound server that hangs, right now, is told that it is
  // gone. To be repeated, since another wait may follow.
  void hurry();

  // For devices and alerts that are opened from now on.
  void configure(SoundOptions options);

  std::shared_ptr<engine::RingEndpoint> open_capture(const std::string& name,
                                                     uint32_t rate) override;
  std::shared_ptr<engine::RingEndpoint> open_playback(const std::string& name,
                                                      uint32_t rate) override;
  void check(const model::AudioSource& source, const model::AudioSink& sink,
             std::function<void(base::Result<void>)> done) override;
  std::unique_ptr<ports::MediaEngine::AlertPlayer> alert(ports::MediaEngine::Alert kind,
                                                         const model::AudioSink& where) override;
  // Asks for the sound server, and nothing of GStreamer. An observer that comes later is
  // told what is known. It outlives this.
  void watch(ports::DeviceObserver& observer) override;
  std::vector<model::Device> devices() const override { return devices_; }
  void when_known(std::function<void()> done) override;
  // `seconds` from 1 to 60. Without a sound server the result says so and has no levels.
  void test(const model::AudioSource& source, const model::AudioSink& sink, unsigned seconds,
            std::function<void(base::Result<ports::MediaEngine::DeviceTest>)> done) override;

  void open(const std::string& path, uint32_t rate,
            std::function<void(base::Result<std::shared_ptr<engine::RingEndpoint>>)> done) override;

 private:
  class Player;
  struct Alive;

  // The router's thread runs from then on.
  AudioRouter& running();
  void server_changed(bool present, const std::string& message);
  void devices_changed(std::vector<model::Device> devices);
  void device_trouble(model::Device::Kind kind, const std::string& device,
                      const std::string& message);
  // A function that any thread may call: `function` then runs on the core thread, unless
  // this is gone.
  template <class F>
  auto on_core(F function) const;

  SoundOptions options_;
  Post post_;
  base::Logger logger_;
  base::ThreadCheck core_;
  std::shared_ptr<Alive> alive_;
  std::vector<ports::DeviceObserver*> observers_;
  std::vector<model::Device> devices_;
  bool decided_ = false;  // whether there is a server
  bool present_ = false;
  std::string message_;
  std::chrono::steady_clock::time_point patience_ends_{};  // none: it was not closed
  uint64_t next_alert_ = 0;
  std::unique_ptr<loop::GlibLoop> loop_;
  std::unique_ptr<AudioRouter> router_;
};

}  // namespace commd::gst
