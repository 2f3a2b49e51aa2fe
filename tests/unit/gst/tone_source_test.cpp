#include "media/gst/tone_source.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "media/codec/goertzel.h"

namespace commd::gst {
namespace {

std::vector<int16_t> seconds_of(Tune tune, double seconds) {
  ToneSource source(notes_of(tune));
  std::vector<int16_t> samples(static_cast<size_t>(seconds * device_rate));
  source.render(samples);
  return samples;
}

double amplitude(std::span<const int16_t> samples, double from, double to, double hz) {
  const auto at = [](double seconds) { return static_cast<size_t>(seconds * device_rate); };
  return codec::tone_amplitude(samples.subspan(at(from), at(to) - at(from)), device_rate, hz);
}

TEST(ToneSource, RingbackIsOneSecondInFive) {
  const auto samples = seconds_of(Tune::ringback, 6);
  EXPECT_NEAR(amplitude(samples, 0.1, 0.9, 425), 0.15 * 32'767, 200);
  EXPECT_LT(amplitude(samples, 1.1, 4.9, 425), 1);
  EXPECT_NEAR(amplitude(samples, 5.1, 5.9, 425), 0.15 * 32'767, 200);
}

TEST(ToneSource, TheRingtoneHasTwoNotes) {
  const auto samples = seconds_of(Tune::ringtone, 4);
  EXPECT_GT(amplitude(samples, 0.0, 0.4, 698.5), 2'000);
  EXPECT_LT(amplitude(samples, 0.0, 0.4, 587.3), 400);
  EXPECT_GT(amplitude(samples, 0.4, 0.8, 587.3), 2'000);
  EXPECT_LT(amplitude(samples, 1.7, 3.9, 698.5), 1);
}

TEST(ToneSource, NothingClicks) {
  for (const Tune tune : {Tune::ringtone, Tune::ringback, Tune::call_waiting, Tune::test}) {
    const auto samples = seconds_of(tune, 10);
    int steepest = 0;
    for (size_t i = 1; i < samples.size(); ++i)
      steepest = std::max(steepest, std::abs(samples[i] - samples[i - 1]));
    // The steepest slope of a sine of 1 kHz at a quarter of full scale is 1,072.
    EXPECT_LT(steepest, 1'100);
  }
}

TEST(ToneSource, AnEmptyTuneIsSilent) {
  ToneSource source({});
  std::vector<int16_t> samples(100, 7);
  source.render(samples);
  EXPECT_EQ(std::ranges::count(samples, 0), 100);
}

}  // namespace
}  // namespace commd::gst
