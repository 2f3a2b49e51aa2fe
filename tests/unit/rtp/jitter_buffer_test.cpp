#include "media/rtp/jitter_buffer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>

#include "tests/unit/rtp/playout.h"

namespace commd::rtp {
namespace {

using namespace std::chrono_literals;
using Inserted = JitterBuffer::Inserted;
using Kind = JitterBuffer::Kind;

class JitterBufferTest : public testing::Test {
 protected:
  // Packet number `index` arrives at its time and `delay` later.
  Inserted arrive(int64_t index, base::Duration delay = 0ms) {
    return player_.insert({stream_.sent_at(index) + delay, stream_.first_sequence + index,
                           stream_.first_timestamp + static_cast<uint32_t>(index) * 160});
  }
  // The pull of a tick, `after` packet `index` was sent.
  JitterBuffer::Pulled pull(int64_t index, base::Duration after = 0ms) {
    const auto pulled = player_.buffer.pull(stream_.sent_at(index) + after, 160);
    if (pulled.kind == Kind::frame) player_.buffer.decoded(160, JitterBuffer::Activity::active);
    return pulled;
  }
  void run(const std::vector<Arrival>& arrivals) { player_.run(arrivals, stream_.sent_at(0)); }
  std::vector<int64_t> sequences(int64_t count) const {
    std::vector<int64_t> all(static_cast<size_t>(count));
    std::iota(all.begin(), all.end(), stream_.first_sequence);
    return all;
  }

  Stream stream_;
  Player player_;
};

TEST_F(JitterBufferTest, AnEvenStreamPlaysWholeAndSoon) {
  run(stream_.arrivals(500, [](int64_t) { return 5.0; }));
  EXPECT_EQ(player_.played, sequences(500));
  EXPECT_TRUE(player_.payloads_right);
  const auto stats = player_.buffer.stats();
  EXPECT_EQ(stats.received, 500u);
  EXPECT_EQ(stats.lost + stats.late + stats.dropped + stats.inserted, 0u);
  EXPECT_EQ(stats.target, 20ms);
  EXPECT_LE(stats.delay, 40ms);
  EXPECT_GE(stats.delay, 0ms);
}

TEST_F(JitterBufferTest, EmptyIsSilence) {
  const auto pulled = player_.buffer.pull(stream_.sent_at(0), 160);
  EXPECT_EQ(pulled.kind, Kind::silence);
  EXPECT_EQ(pulled.duration, 160u);
  EXPECT_EQ(player_.buffer.stats().concealed, 0u);
}

TEST_F(JitterBufferTest, SequenceAndTimestampWrap) {
  stream_.first_sequence = 65'530;
  stream_.first_timestamp = 0xFFFFFFFF - 3 * 160;
  run(stream_.arrivals(300, [](int64_t) { return 1.0; }));
  EXPECT_EQ(player_.played, sequences(300));
}

TEST_F(JitterBufferTest, NegativeSequencesPlayToo) {
  stream_.first_sequence = -3;
  run(stream_.arrivals(50, [](int64_t) { return 1.0; }));
  EXPECT_EQ(player_.played, sequences(50));
}

TEST_F(JitterBufferTest, DuplicatesAreCountedOnce) {
  EXPECT_EQ(arrive(0), Inserted::queued);
  EXPECT_EQ(arrive(0), Inserted::duplicate);
  EXPECT_EQ(pull(0, 20ms).kind, Kind::frame);
  EXPECT_EQ(arrive(0, 25ms), Inserted::duplicate);
  EXPECT_EQ(player_.buffer.stats().duplicate, 2u);
}

// Uneven packets make room first, so that the one after a lost one is there in time.
TEST_F(JitterBufferTest, ALostFrameIsRecoveredFromTheNext) {
  run(stream_.arrivals(400, [](int64_t i) { return i == 200 ? -1.0 : i % 4 == 0 ? 55.0 : 0.0; }));
  ASSERT_FALSE(player_.fec_from.empty());
  EXPECT_EQ(player_.fec_from.back(), static_cast<uint8_t>(stream_.first_sequence + 201));
  EXPECT_EQ(player_.missing_from(100), (std::vector<int64_t>{stream_.first_sequence + 200}));
}

TEST_F(JitterBufferTest, OfTwoLostOnlyTheSecondHasFec) {
  run(stream_.arrivals(400, [](int64_t i) {
    return i == 200 || i == 201 ? -1.0 : i % 4 == 0 ? 75.0 : 0.0;
  }));
  const auto next = static_cast<uint8_t>(stream_.first_sequence + 202);
  EXPECT_EQ(std::count(player_.fec_from.begin(), player_.fec_from.end(), next), 1);
  EXPECT_EQ(player_.missing_from(100).size(), 2u);
}

TEST_F(JitterBufferTest, ALossDoesNotAddDelay) {
  run(stream_.arrivals(1000, [](int64_t i) { return i % 20 == 10 ? -1.0 : 2.0; }));
  EXPECT_EQ(player_.played.size(), 950u);
  EXPECT_EQ(player_.lost + player_.fec, 50 + concealed_at_end);
  EXPECT_LE(player_.buffer.stats().delay, 40ms);
}

TEST_F(JitterBufferTest, AStragglerIsNotWaitedForWhenOthersAreThere) {
  run(stream_.arrivals(800, [](int64_t i) { return i == 300 ? 90.0 : 1.0; }));
  EXPECT_EQ(player_.missing_from(0), (std::vector<int64_t>{stream_.first_sequence + 300}));
  EXPECT_EQ(player_.buffer.stats().late, 1u);
  EXPECT_LE(player_.buffer.stats().delay, 40ms);
}

TEST_F(JitterBufferTest, AStallIsHeldAndItsDelayLostAgainInSilence) {
  // Five packets come together, 100 ms late; the silence from 400 on is used.
  player_.is_silent = [&](int64_t s) { return s - stream_.first_sequence >= 400; };
  const auto arrivals = stream_.arrivals(
      800, [](int64_t i) { return i >= 300 && i < 305 ? static_cast<double>(305 - i) * 20 : 1.0; });
  double before = 0;
  double after = 0;
  player_.run(arrivals, stream_.sent_at(0), [&](base::MonoTime now) {
    if (now < stream_.sent_at(390)) before = to_ms(player_.buffer.stats().delay);
    if (now < stream_.sent_at(700)) after = to_ms(player_.buffer.stats().delay);
  });
  const auto played = [&](int64_t index) {
    return std::count(player_.played.begin(), player_.played.end(), stream_.first_sequence + index);
  };
  for (int64_t i = 300; i < 305; ++i) EXPECT_EQ(played(i), 1) << i;
  EXPECT_GT(before, 60);
  EXPECT_LT(after, 45);
  EXPECT_GT(player_.buffer.stats().dropped, 0u);
}

TEST_F(JitterBufferTest, DtxGapsAreSilenceAndNoLoss) {
  // Bursts of 50 packets, a second of nothing between; the sequence goes on.
  std::vector<Arrival> arrivals;
  int64_t sequence = 0;
  for (int64_t i = 0; i < 1000; ++i) {
    if (i % 100 >= 50) continue;
    arrivals.push_back({stream_.sent_at(i) + 3ms, sequence++, static_cast<uint32_t>(i) * 160});
  }
  // The codec says of its last frame before a gap that it was silent.
  player_.is_silent = [](int64_t s) { return s % 50 == 49; };
  run(arrivals);
  EXPECT_EQ(player_.played.size(), 500u);
  EXPECT_EQ(player_.lost + player_.fec, 0u);
  EXPECT_GE(player_.silences, 9u * 49);
  EXPECT_EQ(player_.buffer.stats().lost, 0u);
  EXPECT_LE(player_.buffer.stats().delay, 40ms);
}

TEST_F(JitterBufferTest, AnUnannouncedPauseIsConcealedBriefly) {
  std::vector<Arrival> arrivals;
  for (int64_t i = 0; i < 300; ++i)
    if (i < 100 || i >= 200)
      arrivals.push_back(
          {stream_.sent_at(i), i < 100 ? i : i - 100, static_cast<uint32_t>(i) * 160});
  run(arrivals);
  EXPECT_EQ(player_.played.size(), 200u);
  EXPECT_LE(player_.lost, 10u);  // five frames, and those after the end
  EXPECT_EQ(player_.buffer.stats().lost, 0u);
}

TEST_F(JitterBufferTest, HeldTimestampsResume) {
  // The sender pauses for ten seconds and goes on with the timestamp after the last.
  std::vector<Arrival> arrivals;
  for (int64_t i = 0; i < 200; ++i)
    arrivals.push_back({stream_.sent_at(i < 100 ? i : i + 500), i, static_cast<uint32_t>(i) * 160});
  run(arrivals);
  EXPECT_GE(player_.played.size(), 195u);
  EXPECT_LE(player_.buffer.stats().delay, 60ms);
}

TEST_F(JitterBufferTest, ALeapOfTheTimestampLosesOnePacket) {
  for (const uint32_t leap : {0x40000000u, 0xC0000000u, 80'000u, 0u - 80'000u}) {
    Player player;
    auto arrivals = stream_.arrivals(400, [](int64_t) { return 1.0; });
    for (size_t i = 200; i < arrivals.size(); ++i) arrivals[i].timestamp += leap;
    player.run(arrivals, stream_.sent_at(0));
    EXPECT_GE(player.played.size(), 396u) << leap;
    EXPECT_EQ(player.played.back(), stream_.first_sequence + 399) << leap;
    EXPECT_EQ(player.buffer.stats().restarts, 1u) << leap;
  }
}

TEST_F(JitterBufferTest, ASmallStepBackOfTheTimestampRecovers) {
  auto arrivals = stream_.arrivals(400, [](int64_t) { return 1.0; });
  for (size_t i = 200; i < arrivals.size(); ++i) arrivals[i].timestamp -= 4000;  // half a second
  run(arrivals);
  EXPECT_GE(player_.played.size(), 390u);
}

TEST_F(JitterBufferTest, OneStrayTimestampIsIgnored) {
  auto arrivals = stream_.arrivals(400, [](int64_t) { return 1.0; });
  arrivals[200].timestamp += 0x12345678;
  run(arrivals);
  EXPECT_EQ(player_.played.size(), 399u);
  EXPECT_EQ(player_.buffer.stats().stray, 1u);
  EXPECT_EQ(player_.buffer.stats().restarts, 0u);
}

TEST_F(JitterBufferTest, ALeapOfTheSequenceIsANewTimeline) {
  auto arrivals = stream_.arrivals(400, [](int64_t) { return 1.0; });
  for (size_t i = 200; i < arrivals.size(); ++i) arrivals[i].sequence += 40'000;
  run(arrivals);
  EXPECT_EQ(player_.played.size(), 399u);
  EXPECT_EQ(player_.buffer.stats().lost, 0u);
}

TEST_F(JitterBufferTest, ARestartedSourcePlaysAtOnce) {
  auto first = stream_.arrivals(200, [](int64_t) { return 1.0; });
  player_.run(first, stream_.sent_at(0));
  player_.buffer.restart();
  auto second = stream_.arrivals(200, [](int64_t) { return 1.0; });
  for (auto& arrival : second) {
    arrival.at += 5s;
    arrival.sequence += 12'345;
    arrival.timestamp += 0x77777777;
  }
  player_.run(second, second.front().at);
  EXPECT_EQ(player_.played.size(), 400u);
  EXPECT_EQ(player_.buffer.stats().lost, 0u);
}

TEST_F(JitterBufferTest, OtherPacketTimes) {
  for (const int ms : {10, 20, 30, 40, 60, 80, 100, 120}) {
    for (const int tick : {10, 20}) {
      Stream stream;
      stream.packet_time = std::chrono::milliseconds(ms);
      Player player(8000, static_cast<uint32_t>(ms) * 8, std::chrono::milliseconds(tick));
      const auto arrivals =
          stream.arrivals(200, [](int64_t i) { return i % 50 == 30 ? -1.0 : 2.0; });
      player.run(arrivals, stream.sent_at(0));
      EXPECT_EQ(player.played.size(), 196u) << ms << " in ticks of " << tick;
      EXPECT_EQ(player.buffer.stats().lost, 4u) << ms << " in ticks of " << tick;
      EXPECT_EQ(player.buffer.stats().late, 0u) << ms << " in ticks of " << tick;
    }
  }
}

TEST_F(JitterBufferTest, ThePacketTimeMayChange) {
  std::vector<Arrival> arrivals;
  uint32_t timestamp = 0;
  for (int64_t i = 0; i < 400; ++i) {
    arrivals.push_back(
        {base::MonoTime{1s} + base::Duration{int64_t{timestamp} * 125'000}, i, timestamp});
    timestamp += i < 200 ? 160 : 480;
  }
  size_t frames = 0;
  uint32_t leftover = 0;
  size_t next = 0;
  for (auto now = base::MonoTime{1s}; next < arrivals.size(); now += 20ms) {
    while (next < arrivals.size() && arrivals[next].at <= now) player_.insert(arrivals[next++]);
    while (leftover < 160) {
      const auto pulled = player_.buffer.pull(now + leftover * 125us, 160 - leftover);
      if (pulled.kind == Kind::frame) {
        ++frames;
        const uint32_t length = pulled.sequence < 200 ? 160 : 480;
        player_.buffer.decoded(length, JitterBuffer::Activity::active);
        leftover += length;
      } else {
        leftover += pulled.duration;
      }
    }
    leftover -= 160;
  }
  EXPECT_GE(frames, 396u);
  EXPECT_EQ(player_.buffer.stats().lost, 0u);
  EXPECT_EQ(player_.buffer.stats().late, 0u);
}

TEST_F(JitterBufferTest, CapacityIsBounded) {
  for (int64_t i = 0; i < 1000; ++i) arrive(i);
  EXPECT_EQ(player_.buffer.stats().waiting, JitterBuffer::max_packets);
  EXPECT_EQ(player_.buffer.stats().dropped, 900u);
  // Nobody pulled for 20 s: the hard limit brings the delay back at once.
  const auto pulled = pull(1000);
  EXPECT_EQ(pulled.kind, Kind::frame);
  EXPECT_GE(pulled.sequence, stream_.first_sequence + 997);
}

TEST_F(JitterBufferTest, MemoryStaysSmall) {
  EXPECT_LT(player_.buffer.memory(), 4'000u);
  run(stream_.arrivals(500, [](int64_t i) { return i % 7 ? 1.0 : 40.0; }));
  EXPECT_LT(player_.buffer.memory(), 6'000u);
  for (int64_t i = 600; i < 800; ++i) arrive(i);
  EXPECT_LT(player_.buffer.memory(), 40'000u);
}

TEST_F(JitterBufferTest, LongPayloadsAreKeptWholeAndBounded) {
  std::mt19937 random(5);
  auto arrivals = stream_.arrivals(200, [](int64_t) { return 1.0; });
  for (auto& arrival : arrivals) arrival.size = 1 + random() % 1500;
  run(arrivals);
  EXPECT_EQ(player_.played.size(), 200u);
  EXPECT_TRUE(player_.payloads_right);
  EXPECT_EQ(player_.insert({stream_.sent_at(300), 5000, 0, 1501}), Inserted::too_long);
}

TEST_F(JitterBufferTest, EmptyPayloadsAreFrames) {
  const JitterBuffer::Packet packet{{}, 1, 160, 0};
  EXPECT_EQ(player_.buffer.insert(packet, stream_.sent_at(0)), Inserted::queued);
  const auto pulled = pull(0, 20ms);
  EXPECT_EQ(pulled.kind, Kind::frame);
  EXPECT_TRUE(pulled.payload.empty());
}

TEST_F(JitterBufferTest, AbsurdLengthsAreNotBelieved) {
  arrive(0);
  arrive(1);
  EXPECT_EQ(pull(1).kind, Kind::frame);
  for (const uint32_t length : {0u, 1u, 0xFFFFFFFFu})
    player_.buffer.decoded(length, JitterBuffer::Activity::active);
  EXPECT_EQ(pull(2).kind, Kind::frame);
}

TEST_F(JitterBufferTest, GarbageNeverBreaksIt) {
  std::mt19937 random(11);
  base::MonoTime now{1000s};
  for (int i = 0; i < 50'000; ++i) {
    now += std::chrono::microseconds(random() % 40'000);
    const auto timestamp = static_cast<uint32_t>(random());
    const auto sequence = static_cast<int64_t>(random() % 100'000) - 50'000;
    player_.insert({now, sequence, timestamp, random() % 1600});
    const auto pulled = player_.buffer.pull(now, 1 + random() % 2000);
    EXPECT_GT(pulled.duration, 0u);
    if (random() % 2)
      player_.buffer.decoded(random() % 5000, random() % 2 ? JitterBuffer::Activity::active
                                                           : JitterBuffer::Activity::silent);
  }
  EXPECT_LE(player_.buffer.stats().waiting, JitterBuffer::max_packets);
}

}  // namespace
}  // namespace commd::rtp
