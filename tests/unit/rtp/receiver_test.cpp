#include "media/rtp/receiver.h"

#include <gtest/gtest.h>

#include <random>

namespace commd::rtp {
namespace {

using namespace std::chrono_literals;
using Verdict = RtpReceiver::Verdict;

class ReceiverTest : public testing::Test {
 protected:
  // A packet of the stream: its timestamp goes with its sequence.
  RtpReceiver::Received packet(uint16_t sequence, uint32_t ssrc = 1, base::Duration delay = 0ms) {
    RtpHeader header{false, 0, sequence, uint32_t{sequence} * 160, ssrc};
    return receiver_.on_packet(header, 160, base::MonoTime{100s} + sequence * 20ms + delay);
  }

  RtpReceiver receiver_{{8000, 1}};
};

TEST_F(ReceiverTest, ProbationWantsASequence) {
  receiver_ = RtpReceiver({8000, 2});
  EXPECT_EQ(packet(10).verdict, Verdict::probation);
  EXPECT_EQ(packet(12).verdict, Verdict::probation);
  EXPECT_FALSE(receiver_.active());
  EXPECT_FALSE(receiver_.take_report());
  EXPECT_EQ(packet(13).verdict, Verdict::accepted);
  EXPECT_TRUE(receiver_.active());
}

TEST_F(ReceiverTest, ExtendsAcrossTheWrap) {
  EXPECT_EQ(packet(65534).extended_sequence, 65534);
  EXPECT_EQ(packet(65535).extended_sequence, 65535);
  EXPECT_EQ(packet(1).extended_sequence, 65537);
  const auto late = packet(0);
  EXPECT_EQ(late.verdict, Verdict::late);
  EXPECT_EQ(late.extended_sequence, 65536);
  EXPECT_EQ(receiver_.take_report()->highest_sequence, 65537u);
  EXPECT_EQ(receiver_.lost(), 0);
}

TEST_F(ReceiverTest, WrapsManyTimes) {
  uint16_t sequence = 0;
  for (int i = 0; i < 200'000; ++i) packet(sequence++);
  EXPECT_EQ(receiver_.take_report()->highest_sequence, 199'999u);
  EXPECT_EQ(receiver_.lost(), 0);
}

TEST_F(ReceiverTest, APacketFromBeforeTheFirstIsExtendedBackwards) {
  packet(0);
  const auto before = packet(65535);
  EXPECT_EQ(before.verdict, Verdict::late);
  EXPECT_EQ(before.extended_sequence, -1);
  EXPECT_EQ(receiver_.lost(), 0);
  EXPECT_EQ(receiver_.expected(), 2u);
}

TEST_F(ReceiverTest, TellsLateFromDuplicate) {
  for (uint16_t s : {1, 2, 3, 100}) packet(s);
  EXPECT_EQ(packet(3).verdict, Verdict::duplicate);
  EXPECT_EQ(packet(100).verdict, Verdict::duplicate);
  EXPECT_EQ(packet(30).verdict, Verdict::late);
  EXPECT_EQ(packet(30).verdict, Verdict::duplicate);
  EXPECT_EQ(packet(1).verdict, Verdict::duplicate);
  EXPECT_EQ(receiver_.late(), 1u);
  EXPECT_EQ(receiver_.duplicates(), 4u);
}

TEST_F(ReceiverTest, TheWindowShiftsByAnyStep) {
  for (uint16_t step : {1, 63, 64, 65, 127, 128, 1000}) {
    receiver_ = RtpReceiver({8000, 1});
    packet(1000);
    packet(static_cast<uint16_t>(1000 + step));
    const auto again = packet(1000).verdict;
    // Beyond the window it is an unlikely place, to be confirmed by another.
    EXPECT_EQ(again, step < 128 ? Verdict::duplicate : Verdict::probation) << step;
    EXPECT_EQ(packet(static_cast<uint16_t>(1000 + step)).verdict, Verdict::duplicate) << step;
    EXPECT_EQ(packet(static_cast<uint16_t>(1000 + step - 1)).verdict,
              step == 1 ? Verdict::duplicate : Verdict::late)
        << step;
  }
}

TEST_F(ReceiverTest, CountsLossInTotalAndPerInterval) {
  for (uint16_t s = 0; s < 100; ++s)
    if (s % 4 != 1) packet(s);
  auto report = receiver_.take_report();
  ASSERT_TRUE(report);
  EXPECT_EQ(report->ssrc, 1u);
  EXPECT_EQ(report->cumulative_lost, 25);
  EXPECT_EQ(report->fraction_lost, 64);  // a quarter of 256
  for (uint16_t s = 100; s < 200; ++s) packet(s);
  report = receiver_.take_report();
  EXPECT_EQ(report->cumulative_lost, 25);
  EXPECT_EQ(report->fraction_lost, 0);
}

TEST_F(ReceiverTest, DuplicatesMakeLossNegative) {
  packet(1);
  for (int i = 0; i < 5; ++i) packet(1);
  EXPECT_EQ(receiver_.lost(), -5);
  const auto report = receiver_.take_report();
  EXPECT_EQ(report->cumulative_lost, -5);
  EXPECT_EQ(report->fraction_lost, 0);
}

TEST_F(ReceiverTest, JitterSettlesAtTheMeanDeviation) {
  for (uint16_t s = 0; s < 500; ++s) packet(s);
  EXPECT_EQ(receiver_.jitter(), 0ms);
  // Every second packet 10 ms late: each differs from its neighbour by 10 ms.
  for (uint16_t s = 500; s < 1000; ++s) packet(s, 1, s % 2 ? 10ms : 0ms);
  const auto jitter = std::chrono::duration<double, std::milli>(receiver_.jitter()).count();
  EXPECT_NEAR(jitter, 10, 0.2);
  EXPECT_NEAR(receiver_.take_report()->jitter, 80, 2);
}

TEST_F(ReceiverTest, EventsDoNotDisturbJitter) {
  for (uint16_t s = 0; s < 100; ++s) packet(s);
  RtpHeader header{false, 101, 100, 0, 1};
  for (int i = 0; i < 20; ++i) {
    receiver_.on_packet(header, 4, base::MonoTime{102s} + i * 20ms, RtpReceiver::Timing::event);
    ++header.sequence;
  }
  EXPECT_EQ(receiver_.jitter(), 0ms);
}

TEST_F(ReceiverTest, AnotherSourceTakesOverOnlyWhenItPersists) {
  for (uint16_t s = 0; s < 10; ++s) packet(s);
  EXPECT_EQ(packet(5000, 2).verdict, Verdict::probation);
  const auto taken = packet(5001, 2);
  EXPECT_EQ(taken.verdict, Verdict::restarted);
  EXPECT_EQ(taken.extended_sequence, 5001);
  EXPECT_EQ(receiver_.ssrc(), 2u);
  EXPECT_EQ(receiver_.restarts(), 1u);
  EXPECT_EQ(packet(5002, 2).verdict, Verdict::accepted);
  EXPECT_EQ(receiver_.lost(), 0);
}

TEST_F(ReceiverTest, TwoLiveSourcesDoNotTakeTurns) {
  packet(0);
  for (uint16_t s = 1; s < 200; ++s) {
    EXPECT_EQ(packet(s, 1).verdict, Verdict::accepted);
    EXPECT_EQ(packet(static_cast<uint16_t>(7000 + s), 2).verdict, Verdict::probation);
  }
  EXPECT_EQ(receiver_.ssrc(), 1u);
  EXPECT_EQ(receiver_.restarts(), 0u);
}

TEST_F(ReceiverTest, ALeapOfTheSequenceWantsTwoPackets) {
  for (uint16_t s = 0; s < 10; ++s) packet(s);
  EXPECT_EQ(packet(30'000).verdict, Verdict::probation);
  EXPECT_EQ(packet(10).verdict, Verdict::accepted);  // a stray one changes nothing
  EXPECT_EQ(packet(30'001).verdict, Verdict::probation);
  EXPECT_EQ(packet(30'002).verdict, Verdict::restarted);
  EXPECT_EQ(receiver_.lost(), 0);
}

TEST_F(ReceiverTest, GarbageNeverBreaksIt) {
  std::mt19937 random(7);
  for (int i = 0; i < 100'000; ++i) {
    RtpHeader header;
    header.sequence = static_cast<uint16_t>(random());
    header.timestamp = random();
    header.ssrc = random() % 3;
    receiver_.on_packet(
        header, random() % 1500,
        base::MonoTime{std::chrono::nanoseconds{static_cast<int64_t>(random()) * 1'000'000}});
    if (i % 100 == 0) receiver_.take_report();
  }
  receiver_ = RtpReceiver({8000, 1});
  for (uint16_t s = 0; s < 10; ++s) EXPECT_EQ(packet(s).verdict, Verdict::accepted);
}

TEST_F(ReceiverTest, OneAbsurdTimestampIsBounded) {
  for (uint16_t s = 0; s < 100; ++s) packet(s);
  receiver_.on_packet({false, 0, 100, 0x80000000, 1}, 160, base::MonoTime{102s});
  EXPECT_LE(receiver_.jitter(), 63ms);
}

}  // namespace
}  // namespace commd::rtp
