#include "media/engine/file_thread.h"

#include <poll.h>
#include <pthread.h>

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include "daemon/base/escape.h"
#include "media/codec/resampler.h"
#include "media/codec/wav.h"
#include "media/engine/private_file.h"

namespace commd::engine {
namespace {

using base::fail;
using base::Result;

constexpr size_t block = 1024;  // samples read or written at once
constexpr uint32_t most_sink_seconds = 4;

base::Error with_path(const base::Error& error, const std::string& path) {
  base::Error result = error;
  if (error.message.find(path) == std::string::npos) result.message = path + ": " + error.message;
  result.details["path"] = path;
  return result;
}

base::Error unconvertible(const std::string& path, uint32_t rate) {
  return {base::Code::invalid_argument,
          "WAV_UNSUPPORTED",
          path + ": a sample rate of " + std::to_string(rate) + " Hz cannot be converted",
          {{"path", path}}};
}

Result<codec::WavReader> open_wav(const std::string& path) {
  auto fd = open_for_reading(path);
  if (!fd) return fail(fd.error());
  auto reader = codec::WavReader::open(std::move(*fd));
  if (!reader) return fail(with_path(reader.error(), path));
  return reader;
}

// At the rates that calls have.
Result<void> check_source(const std::string& path) {
  const auto reader = open_wav(path);
  if (!reader) return fail(reader.error());
  const uint32_t rate = reader->info().sample_rate;
  for (const uint32_t call_rate : {8'000U, 16'000U, 48'000U}) {
    if (rate != call_rate && !codec::Resampler::create(rate, call_rate))
      return fail(unconvertible(path, rate));
  }
  return {};
}

}  // namespace

// What the file thread and one endpoint share: the ring belongs to both, the rest to
// the file thread.
struct FileThread::Reading {
  Reading(codec::WavReader file, uint32_t rate, Repeat again)
      : reader(std::move(file)), sample_rate(rate), repeat(again), ring(rate) {}

  codec::WavReader reader;
  std::optional<codec::Resampler> resampler;  // none: the file has the ring's rate
  uint32_t sample_rate;
  Repeat repeat;
  bool ended = false;
  bool read_since_rewind = false;
  std::vector<int16_t> converted;
  std::atomic<bool> asked{false};
  AudioRing ring;
};

struct FileThread::Writing {
  Writing(codec::WavWriter file, uint32_t rate, unsigned channels)
      : writer(std::move(file)),
        sample_rate(rate),
        ring(size_t{rate} * channels * most_sink_seconds) {}

  codec::WavWriter writer;
  uint32_t sample_rate;
  bool failed = false;
  std::string path;
  std::atomic<bool> asked{false};
  AudioRing ring;
};

class FileThread::Source : public RingEndpoint {
 public:
  Source(FileThread& owner, std::shared_ptr<Reading> reading)
      : owner_(owner), reading_(std::move(reading)) {}
  // Closing a file may wait for its file system.
  ~Source() override {
    owner_.commands_.post([reading = std::move(reading_)] {});
  }
  AudioRing& ring() override { return reading_->ring; }
  uint32_t sample_rate() const override { return reading_->sample_rate; }
  void wake() override {
    if (reading_->asked.exchange(true)) return;
    owner_.commands_.post([&owner = owner_, reading = reading_] { owner.refill(*reading); });
  }

 private:
  FileThread& owner_;
  std::shared_ptr<Reading> reading_;
};

class FileThread::Sink : public RingEndpoint {
 public:
  Sink(FileThread& owner, std::shared_ptr<Writing> writing)
      : owner_(owner), writing_(std::move(writing)) {}
  ~Sink() override {
    owner_.commands_.post([&owner = owner_, writing = std::move(writing_)] {
      owner.drain(*writing);
      [[maybe_unused]] const auto finished = writing->writer.finish();
    });
  }
  AudioRing& ring() override { return writing_->ring; }
  uint32_t sample_rate() const override { return writing_->sample_rate; }
  void wake() override {
    if (writing_->asked.exchange(true)) return;
    owner_.commands_.post([&owner = owner_, writing = writing_] { owner.drain(*writing); });
  }

 private:
  FileThread& owner_;
  std::shared_ptr<Writing> writing_;
};

FileThread::~FileThread() {
  if (!thread_.joinable()) return;
  commands_.post([this] { stopping_ = true; });
  thread_.join();
}

void FileThread::start() {
  if (thread_.joinable()) return;
  thread_ = std::thread([this] {
    ::pthread_setname_np(::pthread_self(), "media-files");
    run();
  });
}

void FileThread::run() {
  while (!stopping_) {
    pollfd ready{commands_.fd(), POLLIN, 0};
    ::poll(&ready, 1, -1);
    commands_.run();
  }
}

void FileThread::open_source(const std::string& path, Repeat repeat, uint32_t rate, Opened done) {
  start();
  commands_.post([this, path, repeat, rate, done = std::move(done)] {
    done(make_source(path, repeat, rate));
  });
}

void FileThread::open_sink(const std::string& path, uint32_t rate, unsigned channels, Opened done) {
  start();
  commands_.post([this, path, rate, channels, done = std::move(done)] {
    done(make_sink(path, rate, channels));
  });
}

void FileThread::check(const std::string& source, const std::string& sink,
                       std::function<void(Result<void>)> done) {
  start();
  commands_.post([source, sink, done = std::move(done)] {
    if (!source.empty()) {
      if (const auto readable = check_source(source); !readable)
        return done(fail(for_field(readable.error(), FileField::capture)));
    }
    if (!sink.empty()) {
      if (const auto creatable = check_creatable(sink); !creatable)
        return done(fail(for_field(creatable.error(), FileField::playback)));
    }
    done({});
  });
}

Result<std::shared_ptr<RingEndpoint>> FileThread::make_source(const std::string& path,
                                                              Repeat repeat, uint32_t rate) {
  auto reader = open_wav(path);
  if (!reader) return fail(reader.error());
  const uint32_t file_rate = reader->info().sample_rate;
  auto reading = std::make_shared<Reading>(std::move(*reader), rate, repeat);
  if (file_rate != rate) {
    reading->resampler = codec::Resampler::create(file_rate, rate);
    if (!reading->resampler) return fail(unconvertible(path, file_rate));
  }
  refill(*reading);
  return std::make_shared<Source>(*this, std::move(reading));
}

Result<std::shared_ptr<RingEndpoint>> FileThread::make_sink(const std::string& path, uint32_t rate,
                                                            unsigned channels) {
  auto fd = create_private(path);
  if (!fd) return fail(fd.error());
  auto writer = codec::WavWriter::create(std::move(*fd), rate, channels);
  if (!writer) return fail(with_path(writer.error(), path));
  auto writing = std::make_shared<Writing>(std::move(*writer), rate, channels);
  writing->path = path;
  return std::make_shared<Sink>(*this, std::move(writing));
}

void FileThread::refill(Reading& reading) {
  reading.asked.store(false);
  std::array<int16_t, block> samples;
  const size_t most = reading.resampler ? reading.resampler->max_output(block) : block;
  while (!reading.ended && reading.ring.capacity() - reading.ring.size() >= most) {
    const auto count = reading.reader.read(samples);
    if (!count)
      logger_->warn("event: file_read_failed, reason: {}",
                    base::escape_line(count.error().message));
    if (!count || *count == 0) {
      // An empty file would go round for ever.
      const bool again = count && reading.repeat == Repeat::yes && reading.read_since_rewind &&
                         reading.reader.rewind();
      reading.read_since_rewind = false;
      reading.ended = !again;
      continue;
    }
    reading.read_since_rewind = true;
    auto block_read = std::span<const int16_t>(samples).first(*count);
    if (reading.resampler) {
      reading.converted.resize(reading.resampler->max_output(*count));
      const size_t converted = reading.resampler->process(block_read, reading.converted);
      block_read = std::span<const int16_t>(reading.converted).first(converted);
    }
    reading.ring.write(block_read);
  }
  if (reading.ended) reading.ring.finish();
}

void FileThread::drain(Writing& writing) {
  writing.asked.store(false);
  std::array<int16_t, block> samples;
  while (const size_t count = writing.ring.read(samples)) {
    if (writing.failed) continue;
    const auto written = writing.writer.write(std::span<const int16_t>(samples).first(count));
    if (written) continue;
    writing.failed = true;
    logger_->error("event: recording_failed, file: {}, reason: {}", base::escape_line(writing.path),
                   base::escape_line(written.error().message));
  }
}

}  // namespace commd::engine
