#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cmath>
#include <cstring>

#include "media/codec/g711.h"
#include "media/codec/wav.h"

namespace commd::codec {

namespace {

constexpr size_t buffer_size = 16'384;
constexpr size_t max_skipped = 1 << 20;
constexpr int max_chunks = 64;
constexpr uint32_t size_unknown = 0xffffffff;

// Format tags (RFC 2361 and Microsoft's mmreg.h).
constexpr uint16_t tag_pcm = 0x0001;
constexpr uint16_t tag_float = 0x0003;
constexpr uint16_t tag_alaw = 0x0006;
constexpr uint16_t tag_ulaw = 0x0007;
constexpr uint16_t tag_extensible = 0xfffe;

constexpr size_t riff_header_size = 12;
constexpr size_t chunk_header_size = 8;
constexpr size_t format_size = 16;
constexpr size_t extensible_size = 40;
constexpr size_t subformat_at = 24;

auto invalid(const char* message) {
  return base::fail(base::Code::invalid_argument, "WAV_INVALID", message);
}

auto unsupported(const char* message) {
  return base::fail(base::Code::invalid_argument, "WAV_UNSUPPORTED", message);
}

auto read_failed() {
  return base::fail(base::Code::unavailable, "FILE_READ_FAILED",
                    std::string("the file cannot be read: ") + std::strerror(errno));
}

uint16_t u16(const uint8_t* at) { return static_cast<uint16_t>(at[0] | at[1] << 8); }

uint32_t u32(const uint8_t* at) {
  return static_cast<uint32_t>(u16(at)) | static_cast<uint32_t>(u16(at + 2)) << 16;
}

uint64_t u64(const uint8_t* at) { return u32(at) | static_cast<uint64_t>(u32(at + 4)) << 32; }

bool has_id(const uint8_t* at, const char* id) { return std::memcmp(at, id, 4) == 0; }

size_t octets_of(SampleFormat format) {
  switch (format) {
    case SampleFormat::u8:
    case SampleFormat::alaw:
    case SampleFormat::ulaw:
      return 1;
    case SampleFormat::s16:
      return 2;
    case SampleFormat::s24:
      return 3;
    case SampleFormat::s32:
    case SampleFormat::f32:
      return 4;
    case SampleFormat::f64:
      return 8;
  }
  return 1;
}

std::optional<SampleFormat> format_of(uint16_t tag, uint16_t bits) {
  if (tag == tag_pcm && bits == 8) return SampleFormat::u8;
  if (tag == tag_pcm && bits == 16) return SampleFormat::s16;
  if (tag == tag_pcm && bits == 24) return SampleFormat::s24;
  if (tag == tag_pcm && bits == 32) return SampleFormat::s32;
  if (tag == tag_float && bits == 32) return SampleFormat::f32;
  if (tag == tag_float && bits == 64) return SampleFormat::f64;
  if (tag == tag_alaw && bits == 8) return SampleFormat::alaw;
  if (tag == tag_ulaw && bits == 8) return SampleFormat::ulaw;
  return std::nullopt;
}

int16_t from_float(double value) {
  if (!(value > -1.0)) return value <= -1.0 ? int16_t{-32'768} : int16_t{0};  // not a number: 0
  return static_cast<int16_t>(std::lrint(std::min(value * 32'768.0, 32'767.0)));
}

int32_t sample_at(const uint8_t* at, SampleFormat format) {
  switch (format) {
    case SampleFormat::u8:
      return (at[0] - 128) * 256;
    case SampleFormat::s16:
      return static_cast<int16_t>(u16(at));
    case SampleFormat::s24:
      return static_cast<int16_t>(u16(at + 1));
    case SampleFormat::s32:
      return static_cast<int16_t>(u16(at + 2));
    case SampleFormat::f32:
      return from_float(std::bit_cast<float>(u32(at)));
    case SampleFormat::f64:
      return from_float(std::bit_cast<double>(u64(at)));
    case SampleFormat::alaw:
      return decode_alaw(at[0]);
    case SampleFormat::ulaw:
      return decode_ulaw(at[0]);
  }
  return 0;
}

// Octets read, fewer than asked for only at the end of the file.
base::Result<size_t> read_fully(int fd, std::span<uint8_t> out) {
  size_t done = 0;
  while (done < out.size()) {
    const ssize_t got = ::read(fd, out.data() + done, out.size() - done);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return read_failed();
    if (got == 0) break;
    done += static_cast<size_t>(got);
  }
  return done;
}

base::Result<WavInfo> parse_format(std::span<const uint8_t> chunk) {
  if (chunk.size() < format_size) return invalid("the WAV file's format chunk is too short");
  uint16_t tag = u16(&chunk[0]);
  if (tag == tag_extensible) {
    if (chunk.size() < extensible_size) return invalid("the WAV file's format chunk is too short");
    tag = u16(&chunk[subformat_at]);
  }
  WavInfo info;
  info.channels = u16(&chunk[2]);
  info.sample_rate = u32(&chunk[4]);
  const auto format = format_of(tag, u16(&chunk[14]));
  if (!format) return unsupported("the WAV file's audio is neither PCM, float nor G.711");
  info.format = *format;
  if (info.channels < 1 || info.channels > 8) {
    return unsupported("the WAV file has no channel, or more than 8");
  }
  if (info.sample_rate < 4'000 || info.sample_rate > 192'000) {
    return unsupported("the WAV file's sample rate is not 4,000 to 192,000 Hz");
  }
  if (u16(&chunk[12]) != info.channels * octets_of(info.format)) {
    return invalid("the WAV file's block size does not fit its format");
  }
  return info;
}

// Walks the chunks up to the audio, forwards only.
class HeaderReader {
 public:
  explicit HeaderReader(int fd) : fd_(fd) {}

  base::Result<WavInfo> run() {
    std::array<uint8_t, riff_header_size> riff;
    if (auto read = exactly(riff); !read) return tl::unexpected(read.error());
    if (!has_id(&riff[0], "RIFF") || !has_id(&riff[8], "WAVE")) {
      return invalid("the file is not a WAV file");
    }
    std::optional<WavInfo> info;
    for (int chunks = 0; chunks < max_chunks; ++chunks) {
      std::array<uint8_t, chunk_header_size> header;
      if (auto read = exactly(header); !read) return tl::unexpected(read.error());
      const uint32_t size = u32(&header[4]);
      if (has_id(&header[0], "data")) {
        if (!info) return invalid("the WAV file has audio before its format");
        if (size != 0 && size != size_unknown) info->data_size = size;
        return *info;
      }
      if (has_id(&header[0], "fmt ")) {
        auto format = read_format(size);
        if (!format) return format;
        info = *format;
      } else if (auto skipped = skip(padded(size)); !skipped) {
        return tl::unexpected(skipped.error());
      }
    }
    return invalid("the WAV file has too many chunks before its audio");
  }

 private:
  static uint64_t padded(uint32_t size) { return uint64_t{size} + (size & 1); }

  base::Result<void> exactly(std::span<uint8_t> out) {
    const auto got = read_fully(fd_, out);
    if (!got) return tl::unexpected(got.error());
    if (*got != out.size()) return invalid("the WAV file ends before its audio");
    return {};
  }

  base::Result<WavInfo> read_format(uint32_t size) {
    std::array<uint8_t, extensible_size> chunk;
    const auto used = std::span(chunk).first(std::min<size_t>(size, chunk.size()));
    if (auto read = exactly(used); !read) return tl::unexpected(read.error());
    if (auto rest = skip(padded(size) - used.size()); !rest) return tl::unexpected(rest.error());
    return parse_format(used);
  }

  base::Result<void> skip(uint64_t size) {
    skipped_ += size;
    if (skipped_ > max_skipped) return invalid("the WAV file's audio does not begin within 1 MiB");
    std::array<uint8_t, 512> sink;
    while (size > 0) {
      const auto part = std::span(sink).first(std::min<uint64_t>(size, sink.size()));
      if (auto read = exactly(part); !read) return read;
      size -= part.size();
    }
    return {};
  }

  int fd_;
  uint64_t skipped_ = 0;
};

}  // namespace

base::Result<WavReader> WavReader::open(base::UniqueFd fd) {
  auto info = HeaderReader(fd.get()).run();
  if (!info) return tl::unexpected(info.error());
  std::optional<int64_t> data_at;
  const off_t here = ::lseek(fd.get(), 0, SEEK_CUR);
  if (here >= 0) data_at = here;
  return WavReader(std::move(fd), *info, data_at);
}

WavReader::WavReader(base::UniqueFd fd, const WavInfo& info, std::optional<int64_t> data_at)
    : fd_(std::move(fd)),
      info_(info),
      data_at_(data_at),
      frame_size_(info.channels * octets_of(info.format)),
      left_(info.data_size),
      buffer_(buffer_size) {}

base::Result<size_t> WavReader::read(std::span<int16_t> out) {
  size_t done = 0;
  while (done < out.size()) {
    if (buffer_end_ - buffer_at_ < frame_size_) {
      const auto more = fill();
      if (!more) return tl::unexpected(more.error());
      if (!*more) break;
    }
    const size_t here = (buffer_end_ - buffer_at_) / frame_size_;
    const size_t count = std::min(here, out.size() - done);
    for (size_t i = 0; i < count; ++i) {
      out[done++] = mix_frame(&buffer_[buffer_at_]);
      buffer_at_ += frame_size_;
    }
  }
  return done;
}

// Says whether there is a whole frame now.
base::Result<bool> WavReader::fill() {
  const size_t kept = buffer_end_ - buffer_at_;
  std::memmove(buffer_.data(), buffer_.data() + buffer_at_, kept);
  size_t wanted = buffer_.size() - kept;
  if (left_) wanted = static_cast<size_t>(std::min<uint64_t>(wanted, *left_));
  buffer_at_ = 0;
  buffer_end_ = kept;
  const auto got = read_fully(fd_.get(), std::span(buffer_).subspan(kept, wanted));
  if (!got) return tl::unexpected(got.error());
  if (left_) *left_ -= *got;
  buffer_end_ += *got;
  return buffer_end_ >= frame_size_;
}

int16_t WavReader::mix_frame(const uint8_t* frame) const {
  const size_t size = octets_of(info_.format);
  int32_t sum = 0;
  for (unsigned channel = 0; channel < info_.channels; ++channel) {
    sum += sample_at(frame + channel * size, info_.format);
  }
  return static_cast<int16_t>(sum / static_cast<int32_t>(info_.channels));
}

base::Result<void> WavReader::rewind() {
  if (!data_at_ || ::lseek(fd_.get(), *data_at_, SEEK_SET) < 0) {
    return base::fail(base::Code::failed_precondition, "FILE_NOT_SEEKABLE",
                      "the file cannot be played from its start again");
  }
  left_ = info_.data_size;
  buffer_at_ = 0;
  buffer_end_ = 0;
  return {};
}

}  // namespace commd::codec
