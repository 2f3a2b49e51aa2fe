// WAV files (RIFF/WAVE): a reader that mixes down to mono int16 and a writer of
// 16 bit PCM. Both read and write their file in the calling thread, which may
// block for the disk; each belongs to one thread at a time.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "daemon/base/result.h"
#include "daemon/base/unique_fd.h"

namespace commd::codec {

enum class SampleFormat { u8, s16, s24, s32, f32, f64, alaw, ulaw };

struct WavInfo {
  SampleFormat format = SampleFormat::s16;
  uint32_t sample_rate = 0;  // Hz, 4,000 to 192,000
  unsigned channels = 0;     // 1 to 8
  // Octets of audio as the header says; empty where it does not say (a recording
  // that was cut off): then audio goes on to the end of the file.
  std::optional<uint64_t> data_size;
};

class WavReader {
 public:
  // Takes the descriptor, at the start of the file. Works on pipes too. Errors are
  // invalid_argument, reason WAV_INVALID (no WAV file, or an impossible header) or
  // WAV_UNSUPPORTED (a compressed or strange format), and unavailable, reason
  // FILE_READ_FAILED. Reads at most 1 MiB of other chunks before the audio.
  static base::Result<WavReader> open(base::UniqueFd fd);

  const WavInfo& info() const { return info_; }

  // Mono samples at info().sample_rate; fewer than asked for only at the end, then
  // 0. More than one channel is averaged.
  base::Result<size_t> read(std::span<int16_t> out);

  // Back to the first sample, for loops. Fails with failed_precondition, reason
  // FILE_NOT_SEEKABLE, on a pipe.
  base::Result<void> rewind();

 private:
  WavReader(base::UniqueFd fd, const WavInfo& info, std::optional<int64_t> data_at);
  base::Result<bool> fill();
  int16_t mix_frame(const uint8_t* frame) const;

  base::UniqueFd fd_;
  WavInfo info_;
  std::optional<int64_t> data_at_;  // offset of the audio in a seekable file
  size_t frame_size_;               // octets of one sample of each channel
  std::optional<uint64_t> left_;    // octets of audio not yet read from the file
  std::vector<uint8_t> buffer_;
  size_t buffer_at_ = 0;
  size_t buffer_end_ = 0;
};

class WavWriter {
 public:
  // Takes the descriptor of an empty, seekable file. `channels`: 1 or 2.
  // Errors: unavailable, reason FILE_WRITE_FAILED.
  static base::Result<WavWriter> create(base::UniqueFd fd, uint32_t sample_rate, unsigned channels);
  WavWriter(WavWriter&&) noexcept = default;
  WavWriter& operator=(WavWriter&&) = delete;
  // Finishes a file that was not, without telling of errors.
  ~WavWriter();

  // Interleaved samples, whole frames. About each second the header is brought up
  // to date, so that a recording cut off by a crash plays to the last whole second
  // at least. Errors: FILE_WRITE_FAILED; resource_exhausted, reason
  // RECORDING_FULL, at the format's 4 GiB.
  base::Result<void> write(std::span<const int16_t> samples);

  // Writes what is held back and the final header. Further writes fail with
  // failed_precondition, reason RECORDING_FINISHED.
  base::Result<void> finish();

  uint64_t frames_written() const { return frames_; }

 private:
  WavWriter(base::UniqueFd fd, uint32_t sample_rate, unsigned channels);
  base::Result<void> flush();
  base::Result<void> write_header();

  base::UniqueFd fd_;
  uint32_t sample_rate_;
  unsigned channels_;
  uint64_t frames_ = 0;
  uint64_t flushed_size_ = 0;    // octets of audio in the file
  uint64_t described_size_ = 0;  // what the header says
  std::vector<uint8_t> buffer_;
};

}  // namespace commd::codec
