// Jitter, loss and re-ordering, all seeded.
#include <gtest/gtest.h>

#include <cmath>

#include "media/rtp/jitter_buffer.h"
#include "tests/unit/rtp/playout.h"

namespace commd::rtp {
namespace {

using namespace std::chrono_literals;

constexpr int64_t minute = 3000;  // packets of 20 ms

double share(size_t part, size_t whole) {
  return static_cast<double>(part) / static_cast<double>(whole);
}

class UniformJitter : public testing::TestWithParam<int> {};

TEST_P(UniformJitter, NearlyAllIsPlayedAtABoundedDelay) {
  const int jitter = GetParam();
  std::mt19937 random(42);
  std::uniform_real_distribution<double> delay(0, std::max(jitter, 1));
  Stream stream;
  Player player;
  const auto arrivals =
      stream.arrivals(5 * minute, [&](int64_t) { return 30 + (jitter ? delay(random) : 0); });
  double sum = 0;
  size_t ticks = 0;
  player.run(arrivals, stream.sent_at(0), [&](base::MonoTime) {
    sum += to_ms(player.buffer.stats().delay);
    ++ticks;
  });
  const auto stats = player.buffer.stats();
  const double mean = sum / static_cast<double>(ticks);
  RecordProperty("mean_delay_ms", static_cast<int>(mean));
  EXPECT_GE(share(player.played.size(), arrivals.size()), 0.99);
  EXPECT_LE(share(stats.concealed, arrivals.size()), 0.01);
  EXPECT_LE(to_ms(stats.target), std::max(20.0, jitter + 10.0));
  EXPECT_LE(mean, std::max(20, jitter) + 60);
  EXPECT_TRUE(std::is_sorted(player.played.begin(), player.played.end()));
}

INSTANTIATE_TEST_SUITE_P(Sweep, UniformJitter, testing::Values(0, 5, 10, 20, 40, 60, 100, 150));

// Of 10 % that are lost, how many are filled by the packet after them.
double share_repaired(bool repeats) {
  std::mt19937 random(3);
  std::uniform_real_distribution<double> delay(0, 10);
  Stream stream;
  Player player;
  player.repeats = repeats;
  const auto arrivals = stream.arrivals(2 * minute, [&](int64_t) {
    const double way = delay(random);
    return random() % 10 == 0 ? -1.0 : way;
  });
  player.run(arrivals, stream.sent_at(0));
  return share(player.fec, static_cast<size_t>(2 * minute) - arrivals.size());
}

TEST(Repair, TheDelayIsLongEnoughForWhatTheNextPacketRepeats) {
  const double with = share_repaired(true);
  const double without = share_repaired(false);
  RecordProperty("percent_with", static_cast<int>(100 * with));
  RecordProperty("percent_without", static_cast<int>(100 * without));
  EXPECT_GT(with, 0.7) << without;
  EXPECT_GT(with, without + 0.2);
}

class SeededLoss : public testing::TestWithParam<int> {};

TEST_P(SeededLoss, WhatArrivesIsPlayedAndTheRestConcealed) {
  const int percent = GetParam();
  std::mt19937 random(static_cast<unsigned>(percent));
  std::uniform_real_distribution<double> delay(0, 25);
  Stream stream;
  Player player;
  const auto arrivals = stream.arrivals(2 * minute, [&](int64_t) {
    const double way = delay(random);
    return static_cast<int>(random() % 100) < percent ? -1.0 : way;
  });
  player.run(arrivals, stream.sent_at(0));
  const auto stats = player.buffer.stats();
  const auto sent = static_cast<size_t>(2 * minute);
  const size_t lost = sent - arrivals.size();
  EXPECT_GE(share(player.played.size(), arrivals.size()), 0.985);
  // At the ends of the stream it cannot know of losses.
  EXPECT_NEAR(static_cast<double>(stats.lost + stats.dropped), static_cast<double>(lost),
              static_cast<double>(sent) * 0.015);
  EXPECT_NEAR(static_cast<double>(player.lost + player.fec), static_cast<double>(lost),
              static_cast<double>(sent) * 0.02);
  EXPECT_LE(stats.delay, 120ms);
  // FEC wants the next packet in time: at 45 ms of delay it mostly is.
  EXPECT_GT(player.fec, lost / 4);
}

INSTANTIATE_TEST_SUITE_P(Percent, SeededLoss, testing::Values(1, 5, 10, 20));

TEST(Reordering, IsPutRight) {
  std::mt19937 random(9);
  Stream stream;
  Player player;
  // A fifth of the packets is overtaken by one or two others.
  const auto arrivals =
      stream.arrivals(minute, [&](int64_t) { return random() % 5 == 0 ? 35.0 : 1.0; });
  player.run(arrivals, stream.sent_at(0));
  EXPECT_TRUE(std::is_sorted(player.played.begin(), player.played.end()));
  EXPECT_GE(share(player.played.size(), arrivals.size()), 0.99);
  EXPECT_LE(player.buffer.stats().target, 50ms);
}

TEST(Target, RisesAtOnceAndFallsSlowly) {
  std::mt19937 random(1);
  std::uniform_real_distribution<double> delay(0, 100);
  Stream stream;
  Player player;
  const auto arrivals = stream.arrivals(
      3 * minute, [&](int64_t i) { return i >= minute && i < minute + 500 ? delay(random) : 1; });
  base::Duration after_half_a_second{};
  base::Duration peak{};
  base::Duration soon_after{};
  player.run(arrivals, stream.sent_at(0), [&](base::MonoTime now) {
    const auto target = player.buffer.stats().target;
    peak = std::max(peak, target);
    if (now < stream.sent_at(minute + 25)) after_half_a_second = target;
    if (now < stream.sent_at(minute + 510)) soon_after = target;
  });
  EXPECT_GE(after_half_a_second, 60ms);
  EXPECT_GE(peak, 90ms);
  EXPECT_LE(peak, 110ms);
  EXPECT_GE(soon_after, 80ms);
  EXPECT_EQ(player.buffer.stats().target, 20ms);
}

TEST(Target, StaysWithinItsBounds) {
  std::mt19937 random(1);
  std::uniform_real_distribution<double> delay(0, 600);
  Stream stream;
  Player player;
  player.run(stream.arrivals(minute, [&](int64_t) { return delay(random); }), stream.sent_at(0),
             [&](base::MonoTime) {
               EXPECT_GE(player.buffer.stats().target, 20ms);
               EXPECT_LE(player.buffer.stats().target, 200ms);
             });
}

TEST(Correction, ALossIsUsedToLoseDelay) {
  Stream stream;
  Player player;
  // 60 ms too much delay after a stall of 80, and nothing but speech; then two losses.
  const auto arrivals = stream.arrivals(600, [](int64_t i) {
    if (i == 400 || i == 420) return -1.0;
    return i >= 300 && i < 304 ? static_cast<double>(304 - i) * 20 : 1.0;
  });
  double before = 0;
  double after = 0;
  player.run(arrivals, stream.sent_at(0), [&](base::MonoTime now) {
    if (now < stream.sent_at(395)) before = to_ms(player.buffer.stats().delay);
    if (now < stream.sent_at(500)) after = to_ms(player.buffer.stats().delay);
  });
  EXPECT_NEAR(before - after, 40, 1);
  EXPECT_EQ(player.buffer.stats().dropped, 2u);
  EXPECT_EQ(player.fec, 0u);
}

TEST(Correction, ALeapOfTheTargetIsNoLongHole) {
  Stream stream;
  Player player;
  // At first 55 ms of jitter; from 200 on every eighth packet is too late for all.
  const auto arrivals = stream.arrivals(300, [](int64_t i) {
    if (i >= 200 && i % 8 == 1) return 190.0;
    return i % 4 == 0 ? 55.0 : 0.0;
  });
  size_t longest = 0;
  player.run(arrivals, stream.sent_at(0), [&](base::MonoTime now) {
    if (now < stream.sent_at(300)) longest = player.longest_concealment;
  });
  EXPECT_GE(player.buffer.stats().target, 180ms);
  EXPECT_LE(longest, 2u);
}

TEST(Correction, SilenceIsStretchedWhenThePacketTimeGrows) {
  // Packets of 40 ms want a longer delay than those of 20: it is taken from silence.
  JitterBuffer buffer({8000});
  const std::vector<uint8_t> payload(160);
  const base::MonoTime start{1000s};
  size_t silences = 0;
  size_t others = 0;
  uint32_t leftover = 0;
  uint32_t timestamp = 0;
  int64_t sequence = 0;
  for (int tick = 0; tick < 400; ++tick) {
    const auto now = start + tick * 20ms;
    while (true) {
      const auto sent = start + 1ms + base::Duration{int64_t{timestamp} * 125'000};
      if (sent > now) break;
      buffer.insert({payload, sequence, timestamp, 0}, sent);
      timestamp += sequence++ < 100 ? 160 : 320;
    }
    while (leftover < 160) {
      const auto pulled = buffer.pull(now + leftover * 125us, 160 - leftover);
      leftover += pulled.duration;
      if (pulled.kind == JitterBuffer::Kind::frame) {
        const uint32_t length = pulled.sequence < 100 ? 160 : 320;
        leftover += length - pulled.duration;
        buffer.decoded(length, JitterBuffer::Activity::silent);
      } else if (pulled.kind == JitterBuffer::Kind::silence) {
        if (tick > 10) ++silences;
      } else {
        ++others;
      }
    }
    leftover -= 160;
  }
  EXPECT_EQ(others, 0u);
  EXPECT_EQ(silences, 1u);
  EXPECT_EQ(buffer.stats().inserted, 1u);
  EXPECT_EQ(buffer.stats().delay, 39ms);
}

TEST(Stall, ABurstAfterASecondIsCutToTheTarget) {
  Stream stream;
  Player player;
  // Everything of 1.5 s arrives at its end.
  const auto arrivals = stream.arrivals(
      600, [](int64_t i) { return i >= 200 && i < 275 ? static_cast<double>(275 - i) * 20 : 1.0; });
  player.run(arrivals, stream.sent_at(0));
  EXPECT_EQ(player.played.back(), stream.first_sequence + 599);
  EXPECT_LE(player.buffer.stats().delay, 260ms);
  EXPECT_GE(player.played.size(), 200u + 320u);
}

TEST(Stall, ShortOnesOfTheTickItself) {
  // The player's own ticks come up to 9 ms late: nothing may be heard of it.
  std::mt19937 random(3);
  Stream stream;
  Player player;
  const auto arrivals = stream.arrivals(minute, [](int64_t) { return 1.0; });
  size_t next = 0;
  for (int64_t tick = 0; tick < minute; ++tick) {
    const auto now =
        stream.sent_at(tick) + 12ms + std::chrono::microseconds(random() % 50 ? 70 : 9'000);
    while (next < arrivals.size() && arrivals[next].at <= now) player.insert(arrivals[next++]);
    player.tick(now);
  }
  EXPECT_EQ(player.lost + player.fec, 0u);
  EXPECT_GE(player.played.size(), static_cast<size_t>(minute) - 3);
}

}  // namespace
}  // namespace commd::rtp
