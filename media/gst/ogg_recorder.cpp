#include "media/gst/ogg_recorder.h"

#include <algorithm>
#include <utility>

#include "daemon/base/escape.h"
#include "media/engine/private_file.h"
#include "media/gst/app_elements.h"

namespace commd::gst {
namespace {

constexpr size_t channels = 2;
constexpr unsigned ring_seconds = 4;  // the disk may keep us waiting
constexpr size_t block_frames = 960;
// As much again may wait in front of the encoder.
constexpr uint64_t most_queued_seconds = 8;

}  // namespace

OggRecorder::OggRecorder(const loop::GlibLoop& loop, std::string path, uint32_t rate,
                         base::UniqueFd file, base::Logger logger)
    : path_(std::move(path)),
      rate_(rate),
      file_(std::move(file)),
      logger_(std::move(logger)),
      ring_(std::make_shared<engine::AudioRing>(size_t{rate} * channels * ring_seconds)),
      pipeline_(loop, {[this](const base::Error& error) { failed(error); },
                       [this] {
                         if (finished_) std::exchange(finished_, nullptr)();
                       }}) {}

OggRecorder::~OggRecorder() = default;

base::Result<std::unique_ptr<OggRecorder>> OggRecorder::create(const loop::GlibLoop& loop,
                                                               const std::string& path,
                                                               uint32_t rate, base::Logger logger) {
  auto file = engine::create_private(path);
  if (!file) return base::fail(file.error());
  std::unique_ptr<OggRecorder> made(
      new OggRecorder(loop, path, rate, std::move(*file), std::move(logger)));
  if (auto started = made->start(); !started) return base::fail(started.error());
  return made;
}

base::Result<void> OggRecorder::start() {
  source_ = pipeline_.add("appsrc", {{"format", "time"}});
  if (source_ != nullptr) {
    const Caps caps(gst_caps_new_simple("audio/x-raw", "format", G_TYPE_STRING, "S16LE", "layout",
                                        G_TYPE_STRING, "interleaved", "rate", G_TYPE_INT,
                                        static_cast<gint>(rate_), "channels", G_TYPE_INT,
                                        static_cast<gint>(channels), nullptr));
    app::set_caps(source_, caps.get());
    // Of no use to us: drain() looks at the queue itself.
    g_object_set(source_, "max-bytes", guint64{0}, nullptr);
  }
  pipeline_.add("audioconvert");
  pipeline_.add("audioresample");
  pipeline_.add("opusenc", {{"bitrate", "64000"}, {"complexity", "5"}});
  pipeline_.add("oggmux");
  pipeline_.add("fdsink",
                {{"fd", std::to_string(file_.get())}, {"sync", "false"}, {"async", "false"}});
  return pipeline_.start();
}

void OggRecorder::failed(const base::Error& error) {
  failed_ = true;
  logger_->error("event: recording_failed, file: {}, reason: {}", base::escape_line(path_),
                 base::escape_line(error.message));
  if (finished_) std::exchange(finished_, nullptr)();
}

void OggRecorder::drain() {
  if (ending_) return;
  const uint64_t frame_size = channels * sizeof(int16_t);
  for (;;) {
    const size_t count = std::min(ring_->size(), block_frames * channels) / channels * channels;
    if (count == 0) return;
    const uint64_t queued = app::queued_bytes(source_);
    if (failed_ || queued > most_queued_seconds * rate_ * frame_size) {
      ring_->skip(count);
      continue;
    }
    GstBuffer* buffer = gst_buffer_new_allocate(nullptr, count * sizeof(int16_t), nullptr);
    GstMapInfo map;
    if (gst_buffer_map(buffer, &map, GST_MAP_WRITE) == TRUE) {
      ring_->read({reinterpret_cast<int16_t*>(map.data), count});
      gst_buffer_unmap(buffer, &map);
    }
    const size_t frames = count / channels;
    GST_BUFFER_PTS(buffer) = gst_util_uint64_scale(frames_, GST_SECOND, rate_);
    GST_BUFFER_DURATION(buffer) = gst_util_uint64_scale(frames, GST_SECOND, rate_);
    frames_ += frames;
    app::push(source_, buffer);
  }
}

void OggRecorder::end_stream() {
  drain();
  if (!std::exchange(ending_, true)) app::end_stream(source_);
}

void OggRecorder::finish(std::function<void()> finished) {
  finished_ = std::move(finished);
  end_stream();
  if (failed_) std::exchange(finished_, nullptr)();
}

void OggRecorder::finish_now(std::chrono::milliseconds limit) {
  end_stream();
  if (failed_ || pipeline_.wait_for_end(limit)) return;
  logger_->error("event: recording_unfinished, file: {}", base::escape_line(path_));
}

}  // namespace commd::gst
