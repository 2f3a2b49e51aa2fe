#include "media/rtp/dtmf.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

namespace commd::rtp {
namespace {

using namespace std::chrono_literals;
using Kind = DtmfReceiver::Event::Kind;

std::vector<DtmfSender::Packet> send_all(DtmfSender& sender, uint32_t tick = 160,
                                         uint32_t timestamp = 1000) {
  std::vector<DtmfSender::Packet> packets;
  for (int i = 0; i < 10'000 && sender.active(); ++i, timestamp += tick)
    if (const auto packet = sender.tick(timestamp, tick)) packets.push_back(*packet);
  return packets;
}

TelephoneEvent event_of(const DtmfSender::Packet& packet) {
  return *TelephoneEvent::parse(packet.payload);
}

TEST(TelephoneEventTest, RoundTripAndBounds) {
  const TelephoneEvent event{11, true, 63, 0xABCD};
  const auto bytes = event.encode();
  const auto read = TelephoneEvent::parse(bytes);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->event, 11);
  EXPECT_TRUE(read->end);
  EXPECT_EQ(read->volume, 63);
  EXPECT_EQ(read->duration, 0xABCD);
  EXPECT_FALSE(TelephoneEvent::parse(std::span(bytes).first(3)));
}

TEST(DtmfDigits, EveryDigitBothWays) {
  for (const char digit : std::string("0123456789*#ABCD!"))
    EXPECT_EQ(dtmf_digit_of(*dtmf_event_of(digit)), digit);
  EXPECT_EQ(dtmf_event_of('d'), dtmf_event_of('D'));
  EXPECT_EQ(dtmf_event_of('!'), dtmf_flash);
  EXPECT_FALSE(dtmf_event_of('x'));
  EXPECT_FALSE(dtmf_event_of('\0'));
}

TEST(DtmfSenderTest, ADigitFromStartToItsThreeEnds) {
  DtmfSender sender({});
  ASSERT_TRUE(sender.queue('5'));
  const auto packets = send_all(sender);
  ASSERT_EQ(packets.size(), 7u);  // 100 ms in ticks of 20, the fifth is the first end
  for (size_t i = 0; i < packets.size(); ++i) {
    EXPECT_EQ(packets[i].timestamp, 1000u);
    EXPECT_EQ(packets[i].marker, i == 0);
    EXPECT_EQ(event_of(packets[i]).event, 5);
    EXPECT_EQ(event_of(packets[i]).end, i >= 4);
    EXPECT_EQ(event_of(packets[i]).volume, 10);
    EXPECT_EQ(event_of(packets[i]).duration, std::min<size_t>(i + 1, 5) * 160);
  }
}

TEST(DtmfSenderTest, UpdatesEvery50Ms) {
  DtmfSender sender({8000, 200ms, 60ms, 50ms});
  sender.queue('1');
  std::vector<int> sent_at;
  uint32_t timestamp = 0;
  for (int tick = 0; sender.active(); ++tick, timestamp += 80)
    if (sender.tick(timestamp, 80)) sent_at.push_back(tick);
  EXPECT_EQ(sent_at, (std::vector<int>{0, 5, 10, 15, 19, 20, 21}));
}

TEST(DtmfSenderTest, PausesBetweenDigits) {
  DtmfSender sender({});
  for (const char digit : std::string("12")) sender.queue(digit);
  const auto packets = send_all(sender);
  ASSERT_EQ(packets.size(), 14u);
  EXPECT_TRUE(packets[7].marker);
  EXPECT_EQ(event_of(packets[7]).event, 2);
  // 100 ms of tone and at least 60 of pause.
  EXPECT_GE(packets[7].timestamp - packets[0].timestamp, 1280u);
  EXPECT_LE(packets[7].timestamp - packets[0].timestamp, 1600u);
}

TEST(DtmfSenderTest, TheQueueIsBounded) {
  DtmfSender sender({});
  for (size_t i = 0; i < DtmfSender::queue_capacity; ++i) EXPECT_TRUE(sender.queue('1'));
  EXPECT_FALSE(sender.queue('1'));
  EXPECT_FALSE(DtmfSender({}).queue('q'));
}

TEST(DtmfSenderTest, ClearEndsTheDigitProperly) {
  DtmfSender sender({8000, 2000ms});
  sender.queue('1');
  sender.queue('2');
  sender.tick(0, 160);
  sender.clear();
  const auto packets = send_all(sender, 160, 160);
  ASSERT_EQ(packets.size(), 3u);
  for (const auto& packet : packets) EXPECT_TRUE(event_of(packet).end);
}

TEST(DtmfSenderTest, ALongToneHasSegments) {
  DtmfSender sender({48000, 3000ms});
  sender.queue('7');
  const auto packets = send_all(sender, 960, 0);
  std::vector<uint32_t> starts;
  for (const auto& packet : packets)
    if (starts.empty() || starts.back() != packet.timestamp) starts.push_back(packet.timestamp);
  EXPECT_EQ(starts, (std::vector<uint32_t>{0, 68 * 960, 136 * 960}));
  EXPECT_EQ(std::count_if(packets.begin(), packets.end(), [](auto& p) { return p.marker; }), 1);
}

class DtmfReceiverTest : public testing::Test {
 protected:
  void hear(const DtmfSender::Packet& packet) {
    now_ += 20ms;
    note(receiver_.on_packet(packet.timestamp, packet.payload, now_));
  }
  void note(const DtmfReceiver::Events& events) {
    for (size_t i = 0; i < events.count; ++i) {
      const auto& event = events.items[i];
      heard_ += event.kind == Kind::begin ? '+' : '-';
      heard_ += event.digit;
      last_duration_ = event.duration;
    }
  }
  std::vector<DtmfSender::Packet> packets_of(const std::string& digits,
                                             DtmfSender::Config config = {}) {
    DtmfSender sender(config);
    for (const char digit : digits) sender.queue(digit);
    return send_all(sender, config.clock_rate / 50);
  }

  base::MonoTime now_{10s};
  DtmfReceiver receiver_{{}};
  std::string heard_;
  base::Duration last_duration_{};
};

TEST_F(DtmfReceiverTest, EachDigitOnce) {
  for (const auto& packet : packets_of("15*!")) hear(packet);
  EXPECT_EQ(heard_, "+1-1+5-5+*-*+!-!");
  EXPECT_EQ(last_duration_, 100ms);
}

TEST_F(DtmfReceiverTest, TheSameDigitTwiceIsTwo) {
  for (const auto& packet : packets_of("11")) hear(packet);
  EXPECT_EQ(heard_, "+1-1+1-1");
}

TEST_F(DtmfReceiverTest, AnySinglePacketIsEnough) {
  const auto packets = packets_of("9");
  for (const auto& packet : packets) {
    receiver_ = DtmfReceiver({});
    heard_.clear();
    hear(packet);
    note(receiver_.on_time(now_ + 200ms));
    EXPECT_EQ(heard_, "+9-9");
  }
}

TEST_F(DtmfReceiverTest, LossAndReorderingNeverRepeatADigit) {
  std::mt19937 random(3);
  for (int round = 0; round < 300; ++round) {
    receiver_ = DtmfReceiver({});
    heard_.clear();
    auto packets = packets_of("73");
    // Neighbours change places, and a third is lost; but each digit leaves one.
    for (size_t i = 0; i + 1 < packets.size(); ++i)
      if (random() % 3 == 0) std::swap(packets[i], packets[i + 1]);
    std::vector<DtmfSender::Packet> arrived;
    for (const auto& packet : packets)
      if (random() % 3 != 0) arrived.push_back(packet);
    for (const auto& packet : arrived) hear(packet);
    note(receiver_.on_time(now_ + 1s));
    for (const char digit : std::string("73")) {
      EXPECT_LE(std::count(heard_.begin(), heard_.end(), digit), 2) << heard_;
      const auto of_digit = [&](auto& p) { return dtmf_digit_of(event_of(p).event) == digit; };
      const bool any = std::any_of(arrived.begin(), arrived.end(), of_digit);
      if (any && digit == '3') {
        EXPECT_NE(heard_.find("+3-3"), std::string::npos) << heard_;
      }
    }
  }
}

TEST_F(DtmfReceiverTest, LostEndsAreMadeUpByTheNextDigitOrTime) {
  const auto packets = packets_of("12");
  for (const auto& packet : packets)
    if (!event_of(packet).end) hear(packet);
  EXPECT_EQ(heard_, "+1-1+2");
  note(receiver_.on_time(now_ + 199ms));
  EXPECT_EQ(heard_, "+1-1+2");
  EXPECT_TRUE(receiver_.sounding());
  note(receiver_.on_time(now_ + 200ms));
  EXPECT_EQ(heard_, "+1-1+2-2");
  EXPECT_FALSE(receiver_.sounding());
}

TEST_F(DtmfReceiverTest, ALongToneIsOneDigit) {
  DtmfSender::Config config{48000, 3000ms};
  receiver_ = DtmfReceiver({48000});
  for (const auto& packet : packets_of("7", config)) hear(packet);
  EXPECT_EQ(heard_, "+7-7");
  EXPECT_EQ(last_duration_, 3000ms);
}

TEST_F(DtmfReceiverTest, ANewNumberingIsNotOld) {
  for (const auto& packet : packets_of("1")) hear(packet);
  const TelephoneEvent event{2, true, 10, 800};
  note(receiver_.on_packet(1000 - 8000 * 60, event.encode(), now_));
  EXPECT_EQ(heard_, "+1-1+2-2");
}

TEST_F(DtmfReceiverTest, ResetForgets) {
  const auto packets = packets_of("4");
  hear(packets[0]);
  note(receiver_.reset());
  EXPECT_EQ(heard_, "+4-4");
  hear(packets[0]);
  EXPECT_EQ(heard_, "+4-4+4");
}

TEST_F(DtmfReceiverTest, OtherEventsAndShortPayloadsAreIgnored) {
  note(receiver_.on_packet(1, TelephoneEvent{32, false, 10, 160}.encode(), now_));
  note(receiver_.on_packet(1, std::vector<uint8_t>{1, 2, 3}, now_));
  EXPECT_EQ(heard_, "");
}

}  // namespace
}  // namespace commd::rtp
