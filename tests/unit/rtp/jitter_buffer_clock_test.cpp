// The sender's clock against ours, for an hour.
#include <gtest/gtest.h>

#include "media/rtp/jitter_buffer.h"
#include "tests/unit/rtp/playout.h"

namespace commd::rtp {
namespace {

using namespace std::chrono_literals;

constexpr int64_t hour = 180'000;  // packets of 20 ms

struct Drift {
  double ppm;
  bool pauses;  // speech with silence in it
};

class ClockDrift : public testing::TestWithParam<Drift> {};

TEST_P(ClockDrift, IsFollowedForAnHour) {
  const auto [ppm, pauses] = GetParam();
  std::mt19937 random(17);
  std::uniform_real_distribution<double> jitter(0, 12);
  Stream stream;
  stream.drift_ppm = ppm;
  stream.first_timestamp = 0xFFF00000;
  Player player;
  if (pauses) player.is_silent = [](int64_t s) { return s % 250 < 100; };
  double highest = 0;
  const auto arrivals = stream.arrivals(hour, [&](int64_t) { return jitter(random); });
  player.run(arrivals, stream.sent_at(0), [&](base::MonoTime) {
    highest = std::max(highest, to_ms(player.buffer.stats().delay));
  });
  const auto stats = player.buffer.stats();
  // 0.72 s, or 36 frames, in the hour.
  const auto frames = static_cast<double>(std::abs(ppm)) * 3600e-6 / 0.02;
  if (ppm > 0) {
    EXPECT_NEAR(static_cast<double>(stats.dropped), frames, 8);
  }
  EXPECT_LE(stats.late, 5u);
  EXPECT_EQ(stats.restarts, 0u);
  EXPECT_GE(player.played.size(), static_cast<size_t>(hour) - 50);
  if (pauses) {
    // Nothing is heard of it, but for a few underruns before the target has settled.
    EXPECT_LE(stats.concealed, 8 + concealed_at_end);
    EXPECT_LE(highest, 65);
  } else {
    EXPECT_LE(stats.concealed, 60u);
    EXPECT_LE(highest, 110);
  }
}

INSTANTIATE_TEST_SUITE_P(Ppm, ClockDrift,
                         testing::Values(Drift{200, true}, Drift{-200, true}, Drift{200, false},
                                         Drift{-200, false}, Drift{0, true}, Drift{0, false}));

TEST(ClockRates, OpusAt48kRunsForDaysOfTimestamps) {
  // 960 units a packet: the timestamp wraps within the run.
  Stream stream;
  stream.clock_rate = 48'000;
  stream.first_timestamp = 0xFFFFFFFF - 48'000 * 30;
  Player player(48'000, 960);
  player.run(stream.arrivals(6000, [](int64_t) { return 4.0; }), stream.sent_at(0));
  EXPECT_EQ(player.played.size(), 6000u);
  EXPECT_EQ(player.lost + player.fec, concealed_at_end);
}

TEST(ClockRates, ALongHoldDoesNotConfuseTheClock) {
  // Two hours without a packet, in which the timestamp ran on at +200 ppm.
  Stream stream;
  stream.drift_ppm = 200;
  Player player;
  std::vector<Arrival> arrivals;
  for (int64_t i = 0; i < 200; ++i) {
    const int64_t index = i < 100 ? i : i + 2 * hour;
    arrivals.push_back({stream.sent_at(index), i, static_cast<uint32_t>(index) * stream.units()});
  }
  player.run(arrivals, stream.sent_at(0));
  EXPECT_GE(player.played.size(), 198u);
  EXPECT_LE(player.buffer.stats().delay, 60ms);
}

}  // namespace
}  // namespace commd::rtp
