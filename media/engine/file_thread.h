// The thread on which audio files are read and written, so that no worker ever waits
// for the disk. Files and workers meet in rings of samples: about a second is read
// ahead, and a recording may wait for the disk for some seconds.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "daemon/base/log.h"
#include "daemon/base/result.h"
#include "media/engine/audio_devices.h"
#include "media/engine/command_queue.h"

namespace commd::engine {

class FileThread {
 public:
  using Opened = std::function<void(base::Result<std::shared_ptr<RingEndpoint>>)>;

  explicit FileThread(base::Logger logger) : logger_(std::move(logger)) {}
  // Finishes every file whose endpoint is gone, then ends. No endpoint outlives it.
  ~FileThread();
  FileThread(const FileThread&) = delete;
  FileThread& operator=(const FileThread&) = delete;

  enum class Repeat { no, yes };
  // Core thread. `done` is called on the file thread. The endpoint's samples are mono
  // at `rate` Hz, whatever the file has.
  void open_source(const std::string& path, Repeat repeat, uint32_t rate, Opened done);
  // A WAV file of 16 bit samples at `rate` Hz, `channels` of them interleaved.
  void open_sink(const std::string& path, uint32_t rate, unsigned channels, Opened done);
  // Whether these could be opened, see ports::MediaEngine::check(). An empty path passes.
  // Errors name the field; `done` is called on the file thread.
  void check(const std::string& source, const std::string& sink,
             std::function<void(base::Result<void>)> done);

 private:
  class Source;
  class Sink;
  struct Reading;
  struct Writing;

  void start();
  void run();
  // File thread.
  base::Result<std::shared_ptr<RingEndpoint>> make_source(const std::string& path, Repeat repeat,
                                                          uint32_t rate);
  base::Result<std::shared_ptr<RingEndpoint>> make_sink(const std::string& path, uint32_t rate,
                                                        unsigned channels);
  void refill(Reading& reading);
  void drain(Writing& writing);

  base::Logger logger_;
  CommandQueue commands_;
  bool stopping_ = false;  // file thread
  std::thread thread_;     // started when first needed
};

}  // namespace commd::engine
