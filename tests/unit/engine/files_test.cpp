#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <future>

#include "media/codec/goertzel.h"
#include "media/codec/wav.h"
#include "media/engine/audio_members.h"
#include "media/engine/file_thread.h"
#include "media/engine/private_file.h"
#include "tests/support/temp_folder.h"

namespace commd::engine {
namespace {

class FilesTest : public testing::Test {
 protected:
  std::string path(const std::string& name) const { return (folder_.path() / name).string(); }

  void write_tone(const std::string& name, double hz, uint32_t rate, double seconds) const {
    auto writer = codec::WavWriter::create(std::move(*create_private(path(name))), rate, 1);
    ASSERT_TRUE(writer);
    ToneInput tone(hz);
    std::vector<int16_t> frame(rate / 50);
    for (int i = 0; i < seconds * 50; ++i) {
      tone.pull(frame);
      ASSERT_TRUE(writer->write(frame));
    }
    ASSERT_TRUE(writer->finish());
  }
  std::vector<int16_t> read_all(const std::string& name) const {
    auto reader = codec::WavReader::open(std::move(*open_for_reading(path(name))));
    std::vector<int16_t> samples(1 << 20);
    samples.resize(reader ? *reader->read(samples) : 0);
    return samples;
  }
  using Opened = base::Result<std::shared_ptr<RingEndpoint>>;
  Opened open_source(FileThread& files, const std::string& name, FileThread::Repeat repeat,
                     uint32_t rate) const {
    std::promise<Opened> promise;
    files.open_source(path(name), repeat, rate,
                      [&](Opened opened) { promise.set_value(std::move(opened)); });
    return promise.get_future().get();
  }
  Opened open_sink(FileThread& files, const std::string& name, uint32_t rate) const {
    std::promise<Opened> promise;
    files.open_sink(path(name), rate, 1,
                    [&](Opened opened) { promise.set_value(std::move(opened)); });
    return promise.get_future().get();
  }

  base::Result<void> check(const std::string& source, const std::string& sink) {
    FileThread files(base::null_logger());
    std::promise<base::Result<void>> promise;
    files.check(source, sink,
                [&](base::Result<void> result) { promise.set_value(std::move(result)); });
    return promise.get_future().get();
  }

  test::TempFolder folder_;
};

TEST_F(FilesTest, WhatCanBeUsedIsLeftAsItIs) {
  write_tone("voice.wav", 440, 44'100, 0.1);
  const auto before = std::filesystem::file_size(path("voice.wav"));
  EXPECT_TRUE(check(path("voice.wav"), path("voice.wav")));
  EXPECT_EQ(std::filesystem::file_size(path("voice.wav")), before);
  EXPECT_TRUE(check("", path("new.wav")));
  EXPECT_FALSE(std::filesystem::exists(path("new.wav")));
  EXPECT_TRUE(check("", ""));
}

TEST_F(FilesTest, ABadSourceIsNamedWithItsRemedy) {
  using base::Code;
  std::ofstream(path("text.wav")) << "not a WAV file, whatever its name says";
  std::ofstream(path("empty.wav"));
  std::filesystem::create_directory(path("folder.wav"));
  ASSERT_EQ(::mkfifo(path("pipe.wav").c_str(), 0600), 0);
  const std::vector<std::pair<std::string, Code>> cases = {
      {"none.wav", Code::not_found},          {"none/x.wav", Code::not_found},
      {"text.wav", Code::invalid_argument},   {"empty.wav", Code::invalid_argument},
      {"folder.wav", Code::invalid_argument}, {"pipe.wav", Code::invalid_argument}};
  for (const auto& [name, code] : cases) {
    const auto result = check(path(name), path("fine.wav"));
    ASSERT_FALSE(result) << name;
    EXPECT_EQ(result.error().code, code) << name;
    EXPECT_EQ(result.error().details.at("field"), "capture") << name;
    EXPECT_TRUE(result.error().message.starts_with("capture: " + path(name))) << name;
    EXPECT_NE(result.error().message.find("name a .wav file"), std::string::npos) << name;
  }
}

TEST_F(FilesTest, ABadSinkIsNamedWithItsRemedy) {
  using base::Code;
  write_tone("voice.wav", 440, 8'000, 0.1);
  std::filesystem::create_directory(path("folder.wav"));
  std::filesystem::create_symlink(path("voice.wav"), path("link.wav"));
  ASSERT_EQ(::mkfifo(path("pipe.wav").c_str(), 0600), 0);
  const std::vector<std::pair<std::string, Code>> cases = {{"none/x.wav", Code::not_found},
                                                           {"voice.wav/x.wav", Code::not_found},
                                                           {"folder.wav", Code::permission_denied},
                                                           {"link.wav", Code::permission_denied},
                                                           {"pipe.wav", Code::permission_denied}};
  for (const auto& [name, code] : cases) {
    const auto result = check(path("voice.wav"), path(name));
    ASSERT_FALSE(result) << name;
    EXPECT_EQ(result.error().code, code) << name << ": " << result.error().message;
    EXPECT_EQ(result.error().details.at("field"), "playback") << name;
    EXPECT_NE(result.error().message.find("in a folder that can be written"), std::string::npos);
  }
  const auto long_name = check("", path(std::string(300, 'x') + ".wav"));
  ASSERT_FALSE(long_name);
  EXPECT_EQ(long_name.error().reason, "FILE_WRITE_FAILED");
}

TEST_F(FilesTest, NewFilesAreForUsAlone) {
  ::umask(0);
  ASSERT_TRUE(create_private(path("new.wav")));
  struct stat status {};
  ASSERT_EQ(::stat(path("new.wav").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600U);
}

TEST_F(FilesTest, AnOldFileOfOursIsEmptiedAndClosedToOthers) {
  std::ofstream(path("old.wav")) << "content";
  ASSERT_EQ(::chmod(path("old.wav").c_str(), 0644), 0);
  ASSERT_TRUE(create_private(path("old.wav")));
  struct stat status {};
  ASSERT_EQ(::stat(path("old.wav").c_str(), &status), 0);
  EXPECT_EQ(status.st_size, 0);
  EXPECT_EQ(status.st_mode & 0777, 0600U);
}

TEST_F(FilesTest, LinksPipesAndFoldersAreNotWrittenTo) {
  std::ofstream(path("target")) << "content";
  ASSERT_EQ(::symlink(path("target").c_str(), path("link.wav").c_str()), 0);
  EXPECT_EQ(create_private(path("link.wav")).error().reason, "FILE_PERMISSION_DENIED");
  EXPECT_EQ(std::filesystem::file_size(path("target")), 7U);
  ASSERT_EQ(::mkfifo(path("pipe.wav").c_str(), 0600), 0);
  EXPECT_FALSE(create_private(path("pipe.wav")));
  EXPECT_FALSE(create_private(folder_.path().string()));
  EXPECT_EQ(create_private("relative.wav").error().code, base::Code::invalid_argument);
  EXPECT_EQ(create_private("").error().code, base::Code::invalid_argument);
  EXPECT_EQ(create_private(path("missing/x.wav")).error().reason, "FILE_NOT_FOUND");
}

TEST_F(FilesTest, OnlyRegularFilesAreRead) {
  ASSERT_EQ(::mkfifo(path("pipe.wav").c_str(), 0600), 0);
  EXPECT_FALSE(open_for_reading(path("pipe.wav"))) << "and it does not wait for a writer";
  EXPECT_FALSE(open_for_reading("/dev/zero"));
  EXPECT_EQ(open_for_reading(path("none.wav")).error().code, base::Code::not_found);
}

TEST_F(FilesTest, AWavFileFillsItsRingAndEnds) {
  write_tone("tone.wav", 440, 8000, 0.5);
  FileThread files(base::null_logger());
  auto source = open_source(files, "tone.wav", FileThread::Repeat::no, 8000);
  ASSERT_TRUE(source) << source.error().message;
  AudioRing& ring = (*source)->ring();
  EXPECT_EQ(ring.size(), 4000U) << "read ahead before anybody asks";
  ring.skip(4000);
  EXPECT_TRUE(ring.finished());
}

TEST_F(FilesTest, RatesAreConvertedOnTheFileThread) {
  write_tone("tone.wav", 440, 44100, 0.5);
  FileThread files(base::null_logger());
  auto source = open_source(files, "tone.wav", FileThread::Repeat::no, 48000);
  ASSERT_TRUE(source);
  std::vector<int16_t> samples(24000);
  EXPECT_NEAR(static_cast<double>((*source)->ring().read(samples)), 24000, 200);
  EXPECT_NEAR(codec::tone_amplitude(std::span(samples).subspan(4800, 9600), 48000, 440), 14654,
              300);
}

TEST_F(FilesTest, ALoopNeverEnds) {
  write_tone("tone.wav", 440, 8000, 0.1);
  FileThread files(base::null_logger());
  auto source = open_source(files, "tone.wav", FileThread::Repeat::yes, 8000);
  ASSERT_TRUE(source);
  EXPECT_GT((*source)->ring().size(), 5000U) << "0.1 s many times";
  EXPECT_FALSE((*source)->ring().finished());
}

TEST_F(FilesTest, AnEmptyLoopEndsAtOnce) {
  write_tone("empty.wav", 440, 8000, 0);
  FileThread files(base::null_logger());
  auto source = open_source(files, "empty.wav", FileThread::Repeat::yes, 8000);
  ASSERT_TRUE(source);
  EXPECT_TRUE((*source)->ring().finished());
}

TEST_F(FilesTest, WhatIsNoWavFileIsRefused) {
  std::ofstream(path("text.wav")) << "hello";
  FileThread files(base::null_logger());
  EXPECT_FALSE(open_source(files, "text.wav", FileThread::Repeat::no, 8000));
  EXPECT_EQ(open_source(files, "none.wav", FileThread::Repeat::no, 8000).error().reason,
            "FILE_NOT_FOUND");
}

TEST_F(FilesTest, ASinkIsCompleteWhenTheThreadHasEnded) {
  {
    FileThread files(base::null_logger());
    auto sink = open_sink(files, "out.wav", 8000);
    ASSERT_TRUE(sink) << sink.error().message;
    RingOutput output(std::move(*sink));
    const std::vector<int16_t> frame(160, 1234);
    for (int i = 0; i < 50; ++i) output.push({frame, false, 0});
  }
  const auto samples = read_all("out.wav");
  ASSERT_EQ(samples.size(), 8000U);
  EXPECT_EQ(samples.back(), 1234);
}

}  // namespace
}  // namespace commd::engine
