// The bounds that a person sets for the delay.
#include <gtest/gtest.h>

#include "tests/unit/rtp/playout.h"

namespace commd::rtp {
namespace {

using namespace std::chrono_literals;

constexpr int64_t minute = 3000;  // packets of 20 ms

struct Outcome {
  base::Duration target{};
  base::Duration mean_delay{};
  uint64_t concealed = 0;
};

// A minute of packets that take up to `jitter` ms longer than the fastest.
Outcome play(int jitter, const DelayEstimator::Bounds& bounds, std::chrono::milliseconds packet) {
  std::mt19937 random(7);
  std::uniform_real_distribution<double> delay(0, std::max(jitter, 1));
  Stream stream;
  stream.packet_time = packet;
  Player player(8000, stream.units());
  player.buffer = JitterBuffer({8000, packet, bounds});
  const auto arrivals =
      stream.arrivals(minute, [&](int64_t) { return 10 + (jitter ? delay(random) : 0); });
  base::Duration sum{};
  int64_t ticks = 0;
  player.run(arrivals, stream.sent_at(0), [&](base::MonoTime) {
    sum += player.buffer.stats().delay;
    ++ticks;
  });
  const auto stats = player.buffer.stats();
  return {stats.target, sum / ticks, stats.concealed};
}

TEST(JitterBounds, TheShortestHoldsOnACalmNetwork) {
  EXPECT_EQ(play(0, {}, 20ms).target, 20ms);
  const Outcome held = play(0, {120ms, 400ms}, 20ms);
  EXPECT_EQ(held.target, 120ms);
  EXPECT_GT(held.mean_delay, 100ms);
  EXPECT_LT(held.mean_delay, 180ms);
}

TEST(JitterBounds, TheLongestHoldsOnAWildNetworkAndCostsPackets) {
  const Outcome free = play(150, {}, 20ms);
  EXPECT_GT(free.target, 120ms);
  const Outcome held = play(150, {0ms, 60ms}, 20ms);
  EXPECT_EQ(held.target, 60ms);
  EXPECT_LT(held.mean_delay, 120ms);
  EXPECT_GT(held.concealed, 10 * (free.concealed + 1));
}

TEST(JitterBounds, EqualBoundsFixTheTarget) {
  EXPECT_EQ(play(0, {80ms, 80ms}, 20ms).target, 80ms);
  EXPECT_EQ(play(150, {80ms, 80ms}, 20ms).target, 80ms);
}

// A packet has to have come before it plays, whatever the configuration says.
TEST(JitterBounds, AFrameIsTheLeast) {
  EXPECT_EQ(play(0, {0ms, 20ms}, 40ms).target, 40ms);
  EXPECT_EQ(play(0, {0ms, 20ms}, 20ms).target, 20ms);
}

TEST(JitterBounds, AShortestBeyondTheUsualLongestWins) {
  EXPECT_EQ(play(0, {300ms, 400ms}, 20ms).target, 300ms);
}

}  // namespace
}  // namespace commd::rtp
