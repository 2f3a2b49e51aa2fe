// Everything of sound devices that lives on the GLib thread: the sound server, one
// stream for each device in use, alerts, device tests and recordings under way.
//
// GLib thread, but for the constructor. Nothing is initialised before the first use.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "daemon/base/log.h"
#include "daemon/ports/media_engine.h"
#include "media/gst/capture_fan.h"
#include "media/gst/device_lookup.h"
#include "media/gst/device_stream.h"
#include "media/gst/device_test.h"
#include "media/gst/ogg_recorder.h"
#include "media/gst/playback_mix.h"
#include "media/gst/sound_options.h"
#include "media/gst/sound_server.h"
#include "media/gst/tone_source.h"

namespace commd::gst {

class AudioRouter : public SoundServer::Listener {
 public:
  using Alert = ports::MediaEngine::Alert;
  using TestDone = std::function<void(base::Result<ports::MediaEngine::DeviceTest>)>;
  struct Callbacks {
    std::function<void(bool present, const std::string& message)> server;
    std::function<void(std::vector<model::Device>)> devices;  // the whole list
    // ports::DeviceObserver::device_trouble()
    std::function<void(model::Device::Kind, const std::string&, const std::string&)> trouble;
  };

  AudioRouter(loop::GlibLoop& loop, SoundOptions options, Callbacks callbacks, base::Logger logger);
  ~AudioRouter() override;

  // Asks for the sound server and its devices; once, further calls do nothing.
  void connect();
  // For what is opened later.
  void configure(SoundOptions options) { options_ = std::move(options); }
  // No device is opened any more, from now on. Any thread.
  void open_no_more() { opening_.store(false); }
  // Closes every device for good; alerts and tests end.
  void close();
  // And every recording, waiting a moment for their end.
  void shut_down();

  // See engine::AudioDevices.
  void check(const model::AudioSource& source, const model::AudioSink& sink,
             DeviceLookup::Done done);

  // Tracks of one name share the device. Empty: the default one.
  void add_capture(const std::string& name, std::shared_ptr<CaptureTrack> track);
  void remove_capture(const std::string& name, const std::shared_ptr<CaptureTrack>& track);
  void add_playback(const std::string& name, std::shared_ptr<PlaybackTrack> track);
  void remove_playback(const std::string& name, const std::shared_ptr<PlaybackTrack>& track);

  // `id` is the caller's.
  void start_alert(uint64_t id, Alert kind, const model::AudioSink& where);
  void stop_alert(uint64_t id);

  void test(const model::AudioSource& source, const model::AudioSink& sink, unsigned seconds,
            TestDone done);

  // Recordings are known by their ring from then on.
  using Ring = std::shared_ptr<engine::AudioRing>;
  base::Result<Ring> start_recording(const std::string& path, uint32_t rate);
  void drain_recording(const Ring& ring);
  void finish_recording(const Ring& ring);

  void server_changed(bool present, const std::string& message) override;
  void devices_changed(const std::vector<model::Device>& devices) override;

 private:
  template <class Feed>
  struct Hub {
    std::shared_ptr<Feed> feed = std::make_shared<Feed>();
    std::unique_ptr<DeviceStream> stream;
    size_t users = 0;
  };
  using CaptureHub = Hub<CaptureFan>;
  using PlaybackHub = Hub<PlaybackMix>;
  // A tone on a device of its own stream.
  struct Tone {
    std::string device;
    std::unique_ptr<DeviceStream> stream;
  };
  struct Test;

  // Initialises GStreamer, before the first pipeline: not where there is no device.
  // UNAVAILABLE (GSTREAMER_FAILED, SHUTTING_DOWN).
  base::Result<void> start();
  base::Result<void> start_for_device();
  DeviceStream::Trouble trouble(model::Device::Kind kind, const std::string& name) const;
  void answer_lookups();
  void open_capture_hub(const std::string& name, CaptureHub& hub);
  void open_playback_hub(const std::string& name, PlaybackHub& hub);
  Tone play_tone(Tune tune, const std::string& device, const std::string& title);
  void begin_test(const std::shared_ptr<Test>& test);
  // It ends after that.
  void time_test(const std::shared_ptr<Test>& test, std::chrono::milliseconds length);
  void end_test(const std::shared_ptr<Test>& test);

  DeviceSpec spec(Backend backend, const std::string& name, const char* title,
                  const char* role) const;
  std::optional<Backend> backend(model::Device::Kind kind, const std::string& name) const;
  VoiceProcessing processing(const CaptureHub& hub);
  // The probe, if this hub may have it: only one can.
  GstElement* echo_probe(const PlaybackHub& hub);
  // Streams go where the devices are now; the server learns whether it is wanted.
  void use_devices();
  void update_wanted();

  loop::GlibLoop& loop_;
  SoundOptions options_;
  Callbacks callbacks_;
  base::Logger logger_;
  SoundServer server_;
  bool started_ = false;
  std::string server_message_;
  std::vector<model::Device> devices_;
  bool listed_ = false;  // by the server that is there
  bool closed_ = false;
  std::atomic<bool> opening_{true};
  DeviceLookup lookups_;
  Element echo_probe_;
  const CaptureHub* echo_canceller_ = nullptr;
  const PlaybackHub* echo_source_ = nullptr;
  std::map<std::string, CaptureHub> captures_;
  std::map<std::string, PlaybackHub> playbacks_;
  std::map<uint64_t, Tone> alerts_;
  std::vector<std::shared_ptr<Test>> tests_;
  std::map<Ring, std::unique_ptr<OggRecorder>> recordings_;
};

}  // namespace commd::gst
