// Tones, their detector and levels.
#include <gtest/gtest.h>

#include "media/codec/goertzel.h"
#include "media/codec/level.h"
#include "media/codec/tone.h"
#include "tests/unit/codec/audio.h"

namespace commd::codec {
namespace {

TEST(Tone, HasItsFrequencyAndAmplitude) {
  ToneGenerator tone(48'000, 440, 8'000);
  Pcm pcm(48'000);
  for (size_t at = 0; at < pcm.size(); at += 960) tone.fill(std::span(pcm).subspan(at, 960));
  EXPECT_NEAR(tone_amplitude(pcm, 48'000, 440), 8'000, 10);
  EXPECT_LT(tone_amplitude(pcm, 48'000, 1'000), 10);
  EXPECT_GT(sine_snr_db(pcm, 48'000, 440), 75);
}

TEST(Tone, AddsAndLimits) {
  ToneGenerator low(8'000, 697, 20'000);
  ToneGenerator high(8'000, 1'209, 20'000);
  Pcm pcm(8'000);
  low.fill(pcm);
  high.add(pcm);
  EXPECT_GT(tone_amplitude(pcm, 8'000, 697), 15'000);
  EXPECT_GT(tone_amplitude(pcm, 8'000, 1'209), 15'000);
  EXPECT_EQ(*std::max_element(pcm.begin(), pcm.end()), 32'767);
}

TEST(Goertzel, HearsNothingInSilence) {
  EXPECT_EQ(tone_amplitude(Pcm(960), 48'000, 440), 0);
  EXPECT_EQ(tone_amplitude(Pcm(), 48'000, 440), 0);
}

TEST(Level, FollowsRfc6464) {
  EXPECT_EQ(audio_level(Pcm(960, -32'768)), 0);
  EXPECT_EQ(audio_level(Pcm(960)), 127);
  EXPECT_EQ(audio_level(Pcm()), 127);
  EXPECT_EQ(audio_level(Pcm(960, 1)), 90);
  // A full-scale sine is 3 dB below the square wave.
  EXPECT_EQ(audio_level(sine(48'000, 1'000, 0.02, 32'767)), 3);
  EXPECT_EQ(audio_level(sine(48'000, 1'000, 0.02, 3'276.7)), 23);
}

TEST(Level, PeakAndRms) {
  const Pcm pcm = sine(48'000, 1'000, 0.1, 16'384);
  EXPECT_NEAR(peak_dbov(pcm), -6.02, 0.01);
  EXPECT_NEAR(rms_dbov(pcm), -9.03, 0.01);
  EXPECT_EQ(peak_dbov(Pcm{-32'768}), 0);
}

}  // namespace
}  // namespace commd::codec
