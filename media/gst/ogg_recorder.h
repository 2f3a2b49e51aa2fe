// Ogg/Opus files: a worker fills a ring, the GLib thread empties it into a pipeline,
// GStreamer's threads encode and write.
//
//   appsrc ! audioconvert ! audioresample ! opusenc ! oggmux ! fdsink
//
// GLib thread, but for the ring's writing end.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "daemon/base/log.h"
#include "daemon/base/unique_fd.h"
#include "media/engine/audio_ring.h"
#include "media/gst/pipeline.h"

namespace commd::gst {

class OggRecorder {
 public:
  // Creates the file, private to us. `rate` in Hz; the ring is interleaved stereo.
  // NOT_FOUND, PERMISSION_DENIED, INVALID_ARGUMENT, UNAVAILABLE.
  static base::Result<std::unique_ptr<OggRecorder>> create(const loop::GlibLoop& loop,
                                                           const std::string& path, uint32_t rate,
                                                           base::Logger logger);
  // Closes the file; unfinished, unless `finish` has ended.
  ~OggRecorder();

  const std::shared_ptr<engine::AudioRing>& ring() const { return ring_; }
  // Takes what is in the ring.
  void drain();
  // Takes the rest and writes the end of the file. `finished` is called once, later.
  void finish(std::function<void()> finished);
  // As finish(), waiting for it.
  void finish_now(std::chrono::milliseconds limit);

 private:
  OggRecorder(const loop::GlibLoop& loop, std::string path, uint32_t rate, base::UniqueFd file,
              base::Logger logger);
  base::Result<void> start();
  void failed(const base::Error& error);
  void end_stream();

  std::string path_;
  uint32_t rate_;
  base::UniqueFd file_;  // closed after the pipeline
  base::Logger logger_;
  std::shared_ptr<engine::AudioRing> ring_;
  std::function<void()> finished_;
  GstElement* source_ = nullptr;  // the pipeline's
  uint64_t frames_ = 0;
  bool failed_ = false;
  bool ending_ = false;
  Pipeline pipeline_;
};

}  // namespace commd::gst
