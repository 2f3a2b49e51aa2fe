#include <unistd.h>

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <cstring>
#include <string>

#include "media/codec/wav.h"

namespace commd::codec {

namespace {

constexpr size_t header_size = 44;
constexpr size_t flush_at = 16'384;
// RIFF counts its octets in 32 bits, the header's included.
constexpr uint64_t max_data_size = 0xffffffff - header_size - flush_at;

base::Error write_error() {
  const int reason = errno;
  return {base::Code::unavailable,
          "FILE_WRITE_FAILED",
          std::string("the recording cannot be written: ") + std::strerror(reason),
          {}};
}

// Writes at `offset`, whatever the file's position.
base::Result<void> write_at(int fd, std::span<const uint8_t> bytes, uint64_t offset) {
  while (!bytes.empty()) {
    const ssize_t done = ::pwrite(fd, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (done < 0 && errno == EINTR) continue;
    if (done <= 0) return base::fail(write_error());
    bytes = bytes.subspan(static_cast<size_t>(done));
    offset += static_cast<uint64_t>(done);
  }
  return {};
}

void put_id(uint8_t* at, const char* id) { std::memcpy(at, id, 4); }

void put_u16(uint8_t* at, uint32_t value) {
  at[0] = static_cast<uint8_t>(value);
  at[1] = static_cast<uint8_t>(value >> 8);
}

void put_u32(uint8_t* at, uint64_t value) {
  put_u16(at, static_cast<uint32_t>(value & 0xffff));
  put_u16(at + 2, static_cast<uint32_t>(value >> 16));
}

}  // namespace

base::Result<WavWriter> WavWriter::create(base::UniqueFd fd, uint32_t sample_rate,
                                          unsigned channels) {
  assert(channels == 1 || channels == 2);
  WavWriter writer(std::move(fd), sample_rate, channels);
  if (auto written = writer.write_header(); !written) return tl::unexpected(written.error());
  return writer;
}

WavWriter::WavWriter(base::UniqueFd fd, uint32_t sample_rate, unsigned channels)
    : fd_(std::move(fd)), sample_rate_(sample_rate), channels_(channels) {
  buffer_.reserve(flush_at * 2);
}

WavWriter::~WavWriter() {
  if (fd_) static_cast<void>(finish());
}

base::Result<void> WavWriter::write(std::span<const int16_t> samples) {
  assert(samples.size() % channels_ == 0);
  if (!fd_) {
    return base::fail(base::Code::failed_precondition, "RECORDING_FINISHED",
                      "the recording has been finished");
  }
  if (flushed_size_ + buffer_.size() + samples.size_bytes() > max_data_size) {
    return base::fail(base::Code::resource_exhausted, "RECORDING_FULL",
                      "the recording has reached the 4 GiB of a WAV file");
  }
  for (const int16_t sample : samples) {
    const auto bits = static_cast<uint16_t>(sample);
    buffer_.push_back(static_cast<uint8_t>(bits));
    buffer_.push_back(static_cast<uint8_t>(bits >> 8));
  }
  frames_ += samples.size() / channels_;
  const uint64_t second = uint64_t{sample_rate_} * channels_ * sizeof(int16_t);
  const bool header_is_old = flushed_size_ + buffer_.size() >= described_size_ + second;
  if (buffer_.size() < flush_at && !header_is_old) return {};
  if (auto flushed = flush(); !flushed) return flushed;
  // After the audio: a header never promises what is not there.
  return header_is_old ? write_header() : base::Result<void>{};
}

base::Result<void> WavWriter::finish() {
  if (!fd_) return {};
  auto result = flush();
  if (result) result = write_header();
  fd_.reset();
  return result;
}

base::Result<void> WavWriter::flush() {
  auto written = write_at(fd_.get(), buffer_, header_size + flushed_size_);
  if (written) flushed_size_ += buffer_.size();
  buffer_.clear();  // also after a failure: a full disk must not fill the memory too
  return written;
}

base::Result<void> WavWriter::write_header() {
  const uint32_t block = channels_ * sizeof(int16_t);
  std::array<uint8_t, header_size> header{};
  put_id(&header[0], "RIFF");
  put_u32(&header[4], header_size - 8 + flushed_size_);
  put_id(&header[8], "WAVE");
  put_id(&header[12], "fmt ");
  put_u32(&header[16], 16);
  put_u16(&header[20], 1);  // PCM
  put_u16(&header[22], channels_);
  put_u32(&header[24], sample_rate_);
  put_u32(&header[28], uint64_t{sample_rate_} * block);
  put_u16(&header[32], block);
  put_u16(&header[34], 16);  // bits a sample
  put_id(&header[36], "data");
  put_u32(&header[40], flushed_size_);
  if (auto written = write_at(fd_.get(), header, 0); !written) return written;
  described_size_ = flushed_size_;
  return {};
}

}  // namespace commd::codec
