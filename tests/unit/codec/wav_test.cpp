#include "media/codec/wav.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <bit>
#include <string>

#include "tests/unit/codec/audio.h"

namespace commd::codec {
namespace {

using Bytes = std::vector<uint8_t>;

void put(Bytes& bytes, std::string_view text) {
  bytes.insert(bytes.end(), text.begin(), text.end());
}
void put(Bytes& bytes, uint64_t value, int octets) {
  for (int i = 0; i < octets; ++i) bytes.push_back(static_cast<uint8_t>(value >> (8 * i)));
}

struct Header {
  uint16_t tag = 1;
  uint16_t channels = 1;
  uint32_t rate = 8'000;
  uint16_t bits = 16;
  std::string extra_chunks = {};
  std::optional<uint32_t> data_size = {};
};

Bytes wav(const Header& header, const Bytes& data) {
  Bytes bytes;
  const auto block = static_cast<uint16_t>(header.channels * header.bits / 8);
  put(bytes, "RIFF");
  put(bytes, 36 + data.size(), 4);
  put(bytes, "WAVE");
  put(bytes, header.extra_chunks);
  put(bytes, "fmt ");
  put(bytes, 16, 4);
  put(bytes, header.tag, 2);
  put(bytes, header.channels, 2);
  put(bytes, header.rate, 4);
  put(bytes, uint64_t{header.rate} * block, 4);
  put(bytes, block, 2);
  put(bytes, header.bits, 2);
  put(bytes, "data");
  put(bytes, header.data_size.value_or(static_cast<uint32_t>(data.size())), 4);
  bytes.insert(bytes.end(), data.begin(), data.end());
  return bytes;
}

base::UniqueFd file_of(const Bytes& bytes) {
  base::UniqueFd fd(memfd_create("wav_test", MFD_CLOEXEC));
  EXPECT_EQ(::write(fd.get(), bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
  ::lseek(fd.get(), 0, SEEK_SET);
  return fd;
}

Pcm read_all(WavReader& reader, size_t piece = 1'000) {
  Pcm all;
  for (;;) {
    Pcm part(piece);
    const auto got = reader.read(part);
    EXPECT_TRUE(got);
    if (!got || *got == 0) return all;
    all.insert(all.end(), part.begin(), part.begin() + static_cast<long>(*got));
  }
}

Pcm decode(const Header& header, const Bytes& data) {
  auto reader = WavReader::open(file_of(wav(header, data)));
  EXPECT_TRUE(reader);
  return reader ? read_all(*reader) : Pcm{};
}

std::string refusal(const Bytes& bytes) {
  const auto reader = WavReader::open(file_of(bytes));
  return reader ? "" : reader.error().reason;
}

TEST(WavReader, ReadsEveryFormat) {
  EXPECT_EQ(decode({.bits = 8}, {0x80, 0xff, 0x00}), (Pcm{0, 0x7f00, -32'768}));
  EXPECT_EQ(decode({.bits = 16}, {0x34, 0x12, 0x00, 0x80}), (Pcm{0x1234, -32'768}));
  EXPECT_EQ(decode({.bits = 24}, {0xff, 0x34, 0x12}), (Pcm{0x1234}));
  EXPECT_EQ(decode({.bits = 32}, {0xff, 0xff, 0x34, 0x12}), (Pcm{0x1234}));
  EXPECT_EQ(decode({.tag = 6, .bits = 8}, {0xd5, 0x2a}), (Pcm{8, -32'256}));
  EXPECT_EQ(decode({.tag = 7, .bits = 8}, {0xff, 0x80}), (Pcm{0, 32'124}));
  Bytes floats;
  for (const float value : {0.5f, -2.0f, 2.0f, std::bit_cast<float>(0x7fc00000u)}) {
    put(floats, std::bit_cast<uint32_t>(value), 4);
  }
  EXPECT_EQ(decode({.tag = 3, .bits = 32}, floats), (Pcm{16'384, -32'768, 32'767, 0}));
  Bytes doubles;
  put(doubles, std::bit_cast<uint64_t>(-0.5), 8);
  EXPECT_EQ(decode({.tag = 3, .bits = 64}, doubles), (Pcm{-16'384}));
}

TEST(WavReader, ReadsTheExtensibleFormat) {
  Bytes bytes;
  put(bytes, "RIFF");
  put(bytes, 64, 4);
  put(bytes, "WAVEfmt ");
  put(bytes, 40, 4);
  put(bytes, 0xfffe, 2);
  put(bytes, 1, 2);
  put(bytes, 48'000, 4);
  put(bytes, 96'000, 4);
  put(bytes, 2, 2);
  put(bytes, 16, 2);
  put(bytes, 22, 2);
  put(bytes, 16, 2);
  put(bytes, 4, 4);
  put(bytes, 1, 2);
  put(bytes, std::string(14, '\0'));
  put(bytes, "data");
  put(bytes, 2, 4);
  put(bytes, 0x1234, 2);
  auto reader = WavReader::open(file_of(bytes));
  ASSERT_TRUE(reader);
  EXPECT_EQ(reader->info().sample_rate, 48'000u);
  EXPECT_EQ(read_all(*reader), Pcm{0x1234});
}

TEST(WavReader, MixesDown) {
  Bytes data;
  for (const int16_t sample : {1000, 3000, -32'768, -32'768, 32'767, -32'767}) {
    put(data, static_cast<uint16_t>(sample), 2);
  }
  EXPECT_EQ(decode({.channels = 2}, data), (Pcm{2000, -32'768, 0}));
}

TEST(WavReader, SkipsOtherChunksAndTrailingOnes) {
  std::string list = "LIST";
  list += std::string("\x05\0\0\0", 4) + "hello" + std::string(1, '\0');
  Bytes bytes = wav({.extra_chunks = list}, {1, 0, 2, 0});
  put(bytes, "id3 ");
  put(bytes, 4, 4);
  put(bytes, 0x41414141, 4);
  auto reader = WavReader::open(file_of(bytes));
  ASSERT_TRUE(reader);
  EXPECT_EQ(read_all(*reader), (Pcm{1, 2}));
}

TEST(WavReader, ToleratesSizesOfACutRecording) {
  for (const uint32_t size : {0u, 0xffffffffu, 1'000'000u}) {
    EXPECT_EQ(decode({.data_size = size}, {1, 0, 2, 0, 3}), (Pcm{1, 2})) << size;
  }
}

TEST(WavReader, LoopsAndReadsPipes) {
  auto reader = WavReader::open(file_of(wav({}, {1, 0, 2, 0})));
  ASSERT_TRUE(reader);
  EXPECT_EQ(read_all(*reader, 1), (Pcm{1, 2}));
  ASSERT_TRUE(reader->rewind());
  EXPECT_EQ(read_all(*reader), (Pcm{1, 2}));

  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  base::UniqueFd in(ends[1]);
  const Bytes bytes = wav({}, {1, 0, 2, 0});
  ASSERT_EQ(::write(in.get(), bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
  in.reset();
  auto piped = WavReader::open(base::UniqueFd(ends[0]));
  ASSERT_TRUE(piped);
  EXPECT_EQ(read_all(*piped), (Pcm{1, 2}));
  EXPECT_EQ(piped->rewind().error().reason, "FILE_NOT_SEEKABLE");
}

TEST(WavReader, RefusesHostileHeaders) {
  const Bytes good = wav({}, {1, 0});
  for (size_t size = 0; size < 44; ++size) {
    EXPECT_EQ(refusal(Bytes(good.begin(), good.begin() + static_cast<long>(size))), "WAV_INVALID");
  }
  EXPECT_EQ(refusal(wav({.tag = 0x55}, {})), "WAV_UNSUPPORTED");
  EXPECT_EQ(refusal(wav({.bits = 12}, {})), "WAV_UNSUPPORTED");
  EXPECT_EQ(refusal(wav({.channels = 0}, {})), "WAV_UNSUPPORTED");
  EXPECT_EQ(refusal(wav({.channels = 65'535}, {})), "WAV_UNSUPPORTED");
  EXPECT_EQ(refusal(wav({.rate = 0}, {})), "WAV_UNSUPPORTED");
  EXPECT_EQ(refusal(wav({.rate = 0xffffffff}, {})), "WAV_UNSUPPORTED");
  EXPECT_EQ(refusal(wav({.extra_chunks = std::string("junk\xff\xff\xff\xff", 8)}, {})),
            "WAV_INVALID");
  std::string many;
  for (int i = 0; i < 100; ++i) many += std::string("junk\0\0\0\0", 8);
  EXPECT_EQ(refusal(wav({.extra_chunks = many}, {})), "WAV_INVALID");
  Bytes block = good;
  block[32] = 0;
  EXPECT_EQ(refusal(block), "WAV_INVALID");
}

TEST(WavReader, ReportsAFileItCannotRead) {
  const auto reader = WavReader::open(base::UniqueFd(::open("/", O_RDONLY | O_CLOEXEC)));
  ASSERT_FALSE(reader);
  EXPECT_EQ(reader.error().reason, "FILE_READ_FAILED");
}

// A second descriptor of the same file, from its start.
base::UniqueFd reopen(int fd) {
  return base::UniqueFd(
      ::open(("/proc/self/fd/" + std::to_string(fd)).c_str(), O_RDONLY | O_CLOEXEC));
}

TEST(WavWriter, WritesWhatIsReadBack) {
  base::UniqueFd fd(memfd_create("wav_test", MFD_CLOEXEC));
  const base::UniqueFd check = reopen(fd.get());
  const Pcm sent = sine(48'000, 440, 3.3);
  auto writer = WavWriter::create(std::move(fd), 48'000, 1);
  ASSERT_TRUE(writer);
  for (size_t at = 0; at + 960 <= sent.size(); at += 960) {
    ASSERT_TRUE(writer->write(std::span(sent).subspan(at, 960)));
  }
  EXPECT_EQ(writer->frames_written(), 48'000 * 33 / 10u);
  ASSERT_TRUE(writer->finish());
  EXPECT_EQ(writer->write(sent).error().reason, "RECORDING_FINISHED");
  auto reader = WavReader::open(reopen(check.get()));
  ASSERT_TRUE(reader);
  EXPECT_EQ(reader->info().data_size, sent.size() * 2);
  EXPECT_EQ(read_all(*reader), sent);
}

// What a killed process leaves behind is the file as it is now.
TEST(WavWriter, ACutRecordingKeepsItsWholeSeconds) {
  base::UniqueFd fd(memfd_create("wav_test", MFD_CLOEXEC));
  const base::UniqueFd check = reopen(fd.get());
  auto writer = WavWriter::create(std::move(fd), 8'000, 2);
  ASSERT_TRUE(writer);
  for (int i = 0; i < 125; ++i) ASSERT_TRUE(writer->write(Pcm(320, 1000)));  // 2.5 s
  auto reader = WavReader::open(reopen(check.get()));
  ASSERT_TRUE(reader);
  ASSERT_TRUE(reader->info().data_size);
  EXPECT_GE(*reader->info().data_size, 2u * 8'000 * 4);
  EXPECT_GE(read_all(*reader).size(), 2u * 8'000);
}

TEST(WavWriter, ReportsAFullDisk) {
  const auto writer =
      WavWriter::create(base::UniqueFd(::open("/dev/full", O_WRONLY | O_CLOEXEC)), 8'000, 1);
  ASSERT_FALSE(writer);
  EXPECT_EQ(writer.error().reason, "FILE_WRITE_FAILED");
}

}  // namespace
}  // namespace commd::codec
