// Two clocks that disagree: the rings between them are simulated for minutes.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <random>

#include "media/codec/goertzel.h"
#include "media/codec/tone.h"
#include "media/gst/capture_fan.h"
#include "media/gst/playback_mix.h"

namespace commd::gst {
namespace {

constexpr double device_period = 10;  // ms
constexpr double worker_period = 20;

struct Clock {
  double ppm = 0;        // of the device against the worker
  double jitter_ms = 0;  // of both, each time
};

struct Result {
  unsigned gaps = 0;       // reads that came up short, once it had settled
  double lowest_ms = 1e9;  // what was left after a read (capture)
  double highest_ms = 0;   // what waited before one
};

// Events of two periodic threads in the order of their time.
template <class Device, class Worker>
void run(const Clock& clock, double minutes, Device device, Worker worker) {
  std::mt19937 random(7);
  std::uniform_real_distribution<double> jitter(0, clock.jitter_ms);
  const double period = device_period / (1 + clock.ppm * 1e-6);
  double device_at = 0;
  double worker_at = 3;
  double device_late = 0;
  double worker_late = 0;
  while (device_at < minutes * 60'000) {
    if (device_at + device_late <= worker_at + worker_late) {
      device(device_at);
      device_at += period;
      device_late = jitter(random);
    } else {
      worker(worker_at);
      worker_at += worker_period;
      worker_late = jitter(random);
    }
  }
}

constexpr double settled_ms = 5'000;

// On the heap: g++ 12 does not align what is on the stack to a cache line when the address
// sanitizer looks for uses after the return.
Result capture(const Clock& clock, uint32_t rate, double minutes) {
  const auto owned = std::make_unique<CaptureTrack>(rate);
  CaptureTrack& track = *owned;
  const std::vector<int16_t> block(device_block, 1'000);
  std::vector<int16_t> frame(rate / 50);
  Result result;
  const auto ms = [rate](size_t samples) { return 1'000.0 * static_cast<double>(samples) / rate; };
  run(
      clock, minutes, [&](double) { track.write(block); },
      [&](double now) {
        const double before = ms(track.ring().size());
        const size_t count = track.ring().read(frame);
        if (now < settled_ms) return;
        result.gaps += count < frame.size() ? 1 : 0;
        result.highest_ms = std::max(result.highest_ms, before);
        result.lowest_ms = std::min(result.lowest_ms, ms(track.ring().size()));
      });
  return result;
}

Result playback(const Clock& clock, uint32_t rate, double minutes) {
  const auto owned = std::make_unique<PlaybackTrack>(rate);
  PlaybackTrack& track = *owned;
  const std::vector<int16_t> frame(rate / 50, 1'000);
  std::vector<int32_t> sum;
  Result result;
  const auto ms = [rate](size_t samples) { return 1'000.0 * static_cast<double>(samples) / rate; };
  run(
      clock, minutes,
      [&](double now) {
        sum.assign(device_block, 0);
        const double before = ms(track.ring().size());
        track.add_to(sum);
        if (now < settled_ms) return;
        result.gaps += std::ranges::count(sum, 0) > 0 ? 1 : 0;
        result.highest_ms = std::max(result.highest_ms, before);
      },
      [&](double) { track.ring().write(frame); });
  return result;
}

struct Case {
  Clock clock;
  uint32_t rate;
};

class Drift : public testing::TestWithParam<Case> {};

TEST_P(Drift, ACapturedStreamHasNoGapsAndNoBacklogForTenMinutes) {
  const Result result = capture(GetParam().clock, GetParam().rate, 10);
  EXPECT_EQ(result.gaps, 0U);
  EXPECT_GE(result.lowest_ms, 2);
  EXPECT_LE(result.highest_ms, 60);
}

TEST_P(Drift, APlayedStreamHasNoGapsAndNoBacklogForTenMinutes) {
  const Result result = playback(GetParam().clock, GetParam().rate, 10);
  EXPECT_EQ(result.gaps, 0U);
  EXPECT_LE(result.highest_ms, 60);
}

INSTANTIATE_TEST_SUITE_P(Clocks, Drift,
                         testing::Values(Case{{0, 0}, 48'000}, Case{{200, 0}, 48'000},
                                         Case{{-200, 0}, 48'000}, Case{{200, 4}, 8'000},
                                         Case{{-200, 4}, 16'000}, Case{{50, 4}, 48'000}));

TEST(DriftControl, LearnsTheErrorOfTheClock) {
  // A ring that is filled 200 ppm too fast, and what the control does about it.
  DriftControl control(20);
  double level = 20;
  for (int ms = 0; ms < 30 * 60'000; ms += 10) {
    control.observe(level, 10);
    level += (200 + control.ppm()) * 1e-6 * 10;
  }
  EXPECT_NEAR(control.ppm(), -200, 5);
  EXPECT_NEAR(level, 20, 2);
}

TEST(DriftControl, ABacklogIsDroppedAtOnceAndNotTakenForDrift) {
  DriftControl control(20);
  for (int i = 0; i < 100; ++i) control.observe(150, 10);
  EXPECT_DOUBLE_EQ(control.take_excess(), 130);
  EXPECT_DOUBLE_EQ(control.take_excess(), 0);
  EXPECT_NEAR(control.ppm(), 0, 1e-9);
}

TEST(PlaybackMix, SaturatesInsteadOfWrapping) {
  PlaybackMix mix;
  const std::vector<int16_t> loud(device_block * 4, 30'000);
  for (int i = 0; i < 2; ++i) {
    auto track = std::make_shared<PlaybackTrack>(device_rate);
    track->ring().write(loud);
    mix.add(std::move(track));
  }
  std::vector<int16_t> out(device_block * 3);
  mix.render(out);
  EXPECT_EQ(*std::ranges::max_element(out), std::numeric_limits<int16_t>::max());
  EXPECT_GE(*std::ranges::min_element(out), 0);
}

TEST(PlaybackMix, NothingIsPlayedOfWhatWasWrittenForAnAbsentDevice) {
  PlaybackMix mix;
  auto track = std::make_shared<PlaybackTrack>(device_rate);
  track->ring().write(std::vector<int16_t>(device_rate / 10, 30'000));
  mix.add(track);
  mix.settle();
  mix.forget();
  std::vector<int16_t> out(device_block, 1);
  mix.render(out);
  EXPECT_EQ(std::ranges::count(out, 0), static_cast<ptrdiff_t>(out.size()));
}

TEST(CaptureFan, AToneIsUnharmedByTheCorrection) {
  CaptureFan fan;
  auto track = std::make_shared<CaptureTrack>(16'000);
  fan.add(track);
  codec::ToneGenerator tone(device_rate, 1'000, 10'000);
  std::vector<int16_t> heard;
  for (int i = 0; i < 100; ++i) {
    std::vector<int16_t> block(device_block);
    tone.fill(block);
    fan.captured(block);
    std::vector<int16_t> part(160);
    part.resize(track->ring().read(part));
    heard.insert(heard.end(), part.begin(), part.end());
  }
  ASSERT_GT(heard.size(), 12'000U);
  EXPECT_NEAR(codec::tone_amplitude(std::span(heard).last(8'000), 16'000, 1'000), 10'000, 300);
}

}  // namespace
}  // namespace commd::gst
