#include "daemon/model/audio_endpoint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ostream>

namespace commd::model {
namespace {

using Source = AudioSource::Kind;
using Sink = AudioSink::Kind;

struct GoodSource {
  std::string text;
  AudioSource source;
  std::string written;  // empty: as it was
};
void PrintTo(const GoodSource& good, std::ostream* out) { *out << good.text; }

class ParsesSource : public testing::TestWithParam<GoodSource> {};

TEST_P(ParsesSource, AndWritesItBack) {
  const auto& [text, source, written] = GetParam();
  const auto parsed = parse_audio_source(text);
  ASSERT_TRUE(parsed) << parsed.error().message;
  EXPECT_EQ(*parsed, source);
  EXPECT_EQ(to_string(*parsed), written.empty() ? text : written);
  EXPECT_EQ(parse_audio_source(to_string(*parsed)).value_or(AudioSource{}), source);
}

INSTANTIATE_TEST_SUITE_P(
    All, ParsesSource,
    testing::Values(GoodSource{"", {Source::device}, "default"},
                    GoodSource{"default", {Source::device}, ""},
                    GoodSource{"none", {Source::none}, ""},
                    GoodSource{"tone:20", {Source::tone, 20}, ""},
                    GoodSource{"tone:440.5", {Source::tone, 440.5}, ""},
                    GoodSource{"tone:20000", {Source::tone, 20000}, ""},
                    GoodSource{"tone:1e3", {Source::tone, 1000}, "tone:1000"},
                    GoodSource{"file:/a.wav", {Source::file, 0, "/a.wav"}, ""},
                    GoodSource{"file:/a b/ü.WAV", {Source::file, 0, "/a b/ü.WAV"}, ""},
                    GoodSource{"file:/a.wav,loop", {Source::file, 0, "/a.wav", true}, ""},
                    GoodSource{"file:/a,loop.wav", {Source::file, 0, "/a,loop.wav"}, ""},
                    GoodSource{"pulse:mic", {Source::device, 0, "mic"}, ""},
                    GoodSource{"pulse:default", {Source::device, 0, "default"}, ""},
                    GoodSource{"pulse:a:b,loop", {Source::device, 0, "a:b,loop"}, ""}));

class RefusesSource : public testing::TestWithParam<std::string> {};

TEST_P(RefusesSource, AndNamesTheField) {
  const auto parsed = parse_audio_source(GetParam());
  ASSERT_FALSE(parsed);
  EXPECT_EQ(parsed.error().code, base::Code::invalid_argument);
  EXPECT_EQ(parsed.error().details.at("field"), "capture");
  EXPECT_FALSE(parsed.error().message.empty());
}

INSTANTIATE_TEST_SUITE_P(All, RefusesSource,
                         testing::Values("echo", "Default", "default ", " none", "tone",
                                         "tone:", "tone:19.9", "tone:20001", "tone:-440",
                                         "tone:nan", "tone:inf", "tone:1e999", "tone:440Hz",
                                         "tone: 440", "tone:440,880", "file:", "file:a.wav",
                                         "file:./a.wav", "file:/a.mp3", "file:/a.wav,",
                                         "file:/a.wav,Loop", "file:,loop", "file:/a.wav,loop,loop",
                                         "file:~/a.wav", std::string("file:/a\0.wav", 12),
                                         "pulse:", "alsa:hw0", "FILE:/a.wav"));

struct GoodSink {
  std::string text;
  AudioSink sink;
  std::string written;
};
void PrintTo(const GoodSink& good, std::ostream* out) { *out << good.text; }

class ParsesSink : public testing::TestWithParam<GoodSink> {};

TEST_P(ParsesSink, AndWritesItBack) {
  const auto& [text, sink, written] = GetParam();
  const auto parsed = parse_audio_sink(text);
  ASSERT_TRUE(parsed) << parsed.error().message;
  EXPECT_EQ(*parsed, sink);
  EXPECT_EQ(to_string(*parsed), written.empty() ? text : written);
}

INSTANTIATE_TEST_SUITE_P(All, ParsesSink,
                         testing::Values(GoodSink{"", {Sink::device}, "default"},
                                         GoodSink{"default", {Sink::device}, ""},
                                         GoodSink{"none", {Sink::none}, ""},
                                         GoodSink{"file:/a.wav", {Sink::file, "/a.wav"}, ""},
                                         GoodSink{"pulse:out", {Sink::device, "out"}, ""}));

class RefusesSink : public testing::TestWithParam<std::string> {};

TEST_P(RefusesSink, AndNamesTheField) {
  const auto parsed = parse_audio_sink(GetParam());
  ASSERT_FALSE(parsed);
  EXPECT_EQ(parsed.error().details.at("field"), "playback");
}

INSTANTIATE_TEST_SUITE_P(All, RefusesSink,
                         testing::Values("echo", "tone:440", "file:", "file:a.wav", "file:/a.mp3",
                                         "file:/a.wav,loop", "pulse:", "speaker",
                                         std::string("file:/a\0.wav", 12)));

TEST(AudioEndpoint, WritesTheEchoServiceAlthoughItIsNotAWordOfTheContract) {
  EXPECT_EQ(to_string(AudioSource{.kind = Source::echo}), "echo");
  EXPECT_EQ(to_string(AudioSink{.kind = Sink::echo}), "echo");
}

}  // namespace
}  // namespace commd::model
