#include "media/gst/device_pipeline.h"

#include "media/gst/app_elements.h"

namespace commd::gst {
namespace {

const std::string device_caps =
    "audio/x-raw,format=S16LE,layout=interleaved,rate=" + std::to_string(device_rate) +
    ",channels=1";

// Of the sound server, in us. It gives and takes blocks of 10 ms; three may lie there.
// With two PulseAudio has no time left for the device itself, which then wakes up every
// half millisecond: measured, six times the processor time for the same delay.
constexpr const char* buffer_time = "30000";
constexpr const char* latency_time = "10000";

const char* truth(bool value) { return value ? "true" : "false"; }

}  // namespace

DevicePipeline::DevicePipeline(const loop::GlibLoop& loop, Failed failed) {
  pipeline_.emplace(loop, Pipeline::Callbacks{failed, [failed] {
                                                failed({base::Code::unavailable,
                                                        "AUDIO_DEVICE_FAILED",
                                                        "the device has ended its stream",
                                                        {}});
                                              }});
}

DevicePipeline::~DevicePipeline() {
  pipeline_.reset();
  turn_.load(std::memory_order_acquire);
}

void DevicePipeline::add_device(const DeviceSpec& spec, const char* pulse, const char* alsa) {
  Pipeline::Properties properties = {{"provide-clock", "false"},
                                     {"buffer-time", buffer_time},
                                     {"latency-time", latency_time},
                                     {"slave-method", "none"},
                                     {"sync", "false"},
                                     {"client-name", "commd"}};
  if (!spec.device.empty()) properties.emplace_back("device", spec.device);
  if (!spec.server.empty()) properties.emplace_back("server", spec.server);
  GstElement* device = pipeline_->add(spec.backend == Backend::pulse ? pulse : alsa, properties);
  if (device == nullptr || spec.backend != Backend::pulse) return;
  GstStructure* stream = gst_structure_new(
      "properties", "media.role", G_TYPE_STRING, spec.role.c_str(), "media.name", G_TYPE_STRING,
      spec.title.c_str(), "application.name", G_TYPE_STRING, "commd", nullptr);
  g_object_set(device, "stream-properties", stream, nullptr);
  gst_structure_free(stream);
}

base::Result<std::unique_ptr<DevicePipeline>> DevicePipeline::capture(
    const loop::GlibLoop& loop, const DeviceSpec& spec, const VoiceProcessing& processing,
    std::shared_ptr<CaptureSink> sink, Failed failed) {
  std::unique_ptr<DevicePipeline> made(new DevicePipeline(loop, std::move(failed)));
  made->sink_ = std::move(sink);
  Pipeline& pipeline = *made->pipeline_;
  made->add_device(spec, "pulsesrc", "alsasrc");
  if (spec.backend == Backend::alsa) {
    pipeline.add("audioconvert");
    pipeline.add("audioresample");
  }
  pipeline.limit_to(device_caps);
  if (processing.any()) {
    pipeline.add("webrtcdsp", {{"echo-cancel", truth(!processing.echo_probe.empty())},
                               {"probe", processing.echo_probe},
                               // Two devices know nothing of each other's delay.
                               {"delay-agnostic", "true"},
                               {"noise-suppression", truth(processing.noise_suppression)},
                               {"gain-control", truth(processing.gain_control)}});
  }
  GstElement* end = pipeline.add("appsink", {{"sync", "false"}, {"async", "false"}});
  if (end != nullptr) app::on_sample(end, &DevicePipeline::on_sample, made.get());
  made->turn_.fetch_add(1, std::memory_order_release);
  if (auto started = pipeline.start(); !started) return base::fail(started.error());
  return made;
}

base::Result<std::unique_ptr<DevicePipeline>> DevicePipeline::playback(
    const loop::GlibLoop& loop, const DeviceSpec& spec, GstElement* echo_probe,
    std::shared_ptr<PlaybackSource> source, Failed failed) {
  std::unique_ptr<DevicePipeline> made(new DevicePipeline(loop, std::move(failed)));
  made->source_ = std::move(source);
  Pipeline& pipeline = *made->pipeline_;
  GstElement* start = pipeline.add("appsrc", {{"format", "time"}});
  if (start != nullptr) {
    app::on_need_data(start, &DevicePipeline::on_need_data, made.get());
    const Caps caps(gst_caps_from_string(device_caps.c_str()));
    app::set_caps(start, caps.get());
  }
  if (echo_probe != nullptr) pipeline.add(echo_probe);
  if (spec.backend == Backend::alsa) {
    pipeline.add("audioconvert");
    pipeline.add("audioresample");
  }
  made->add_device(spec, "pulsesink", "alsasink");
  made->turn_.fetch_add(1, std::memory_order_release);
  if (auto started = pipeline.start(); !started) return base::fail(started.error());
  return made;
}

GstFlowReturn DevicePipeline::on_sample(GstElement* appsink, gpointer data) noexcept {
  GstSample* sample = app::pull(appsink);
  if (sample == nullptr) return GST_FLOW_EOS;
  GstMapInfo map;
  GstBuffer* buffer = gst_sample_get_buffer(sample);
  auto& self = *static_cast<DevicePipeline*>(data);
  self.turn_.load(std::memory_order_acquire);
  if (gst_buffer_map(buffer, &map, GST_MAP_READ) == TRUE) {
    self.sink_->captured({reinterpret_cast<const int16_t*>(map.data), map.size / sizeof(int16_t)});
    gst_buffer_unmap(buffer, &map);
  }
  self.turn_.fetch_add(1, std::memory_order_release);
  gst_sample_unref(sample);
  return GST_FLOW_OK;
}

void DevicePipeline::on_need_data(GstElement* appsrc, guint, gpointer data) noexcept {
  auto& self = *static_cast<DevicePipeline*>(data);
  self.turn_.load(std::memory_order_acquire);
  GstBuffer* buffer = gst_buffer_new_allocate(nullptr, device_block * sizeof(int16_t), nullptr);
  GstMapInfo map;
  if (gst_buffer_map(buffer, &map, GST_MAP_WRITE) == TRUE) {
    self.source_->render({reinterpret_cast<int16_t*>(map.data), device_block});
    gst_buffer_unmap(buffer, &map);
  }
  constexpr GstClockTime duration = GST_SECOND / 100;
  GST_BUFFER_PTS(buffer) = self.blocks_++ * duration;
  GST_BUFFER_DURATION(buffer) = duration;
  self.turn_.fetch_add(1, std::memory_order_release);
  app::push(appsrc, buffer);
}

}  // namespace commd::gst
