// The pipeline of one sound device in one direction: 48 kHz mono out of a microphone
// into a CaptureSink, or out of a PlaybackSource into a loudspeaker, at the pace of
// the device. GLib thread; the sink and the source are called on GStreamer's thread.
//
//   pulsesrc ! webrtcdsp ! appsink
//   appsrc ! webrtcechoprobe ! pulsesink
//
// Neither is synchronised to a clock: what has come is passed on, what the device wants
// is asked for. The two clocks are matched in CaptureFan and PlaybackMix, since
// GStreamer's own ways let them drift for 20 to 40 ms and then jump.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>

#include "daemon/base/result.h"
#include "media/gst/feeds.h"
#include "media/gst/pipeline.h"

namespace commd::gst {

enum class Backend { pulse, alsa };

struct DeviceSpec {
  Backend backend = Backend::pulse;
  std::string server;  // PulseAudio's; empty: the usual one
  std::string device;  // empty: the default
  // What the sound server's mixer shows, and its policy goes by (media.role).
  std::string title;
  std::string role;
};

// What webrtcdsp does to a microphone.
struct VoiceProcessing {
  // The name of a webrtcechoprobe that hears what is played and is nobody else's.
  // Empty: no echo cancellation.
  std::string echo_probe;
  bool noise_suppression = false;
  bool gain_control = false;

  bool any() const { return !echo_probe.empty() || noise_suppression || gain_control; }
};

class DevicePipeline {
 public:
  using Failed = std::function<void(const base::Error&)>;

  // UNAVAILABLE (AUDIO_DEVICE_FAILED). `failed` is called once, later; it may destroy
  // the pipeline.
  static base::Result<std::unique_ptr<DevicePipeline>> capture(const loop::GlibLoop& loop,
                                                               const DeviceSpec& spec,
                                                               const VoiceProcessing& processing,
                                                               std::shared_ptr<CaptureSink> sink,
                                                               Failed failed);
  // `echo_probe` may be null.
  static base::Result<std::unique_ptr<DevicePipeline>> playback(
      const loop::GlibLoop& loop, const DeviceSpec& spec, GstElement* echo_probe,
      std::shared_ptr<PlaybackSource> source, Failed failed);
  ~DevicePipeline();

 private:
  DevicePipeline(const loop::GlibLoop& loop, Failed failed);
  void add_device(const DeviceSpec& spec, const char* pulse, const char* alsa);
  // Streaming thread.
  static GstFlowReturn on_sample(GstElement* appsink, gpointer self) noexcept;
  static void on_need_data(GstElement* appsrc, guint, gpointer self) noexcept;

  // Released after the streaming threads are joined.
  std::shared_ptr<CaptureSink> sink_;
  std::shared_ptr<PlaybackSource> source_;
  uint64_t blocks_ = 0;  // rendered; streaming thread
  // Passes what is ours from thread to thread. GStreamer does so itself, when it starts its
  // threads and joins them, in ways that no tool can follow.
  std::atomic<unsigned> turn_{0};
  std::optional<Pipeline> pipeline_;
};

}  // namespace commd::gst
