#include "media/rtp/sender.h"

#include <gtest/gtest.h>

#include <array>

namespace commd::rtp {
namespace {

using namespace std::chrono_literals;

class SenderTest : public testing::Test {
 protected:
  RtpHeader send(uint32_t duration = 160) {
    const std::array<uint8_t, 160> payload{};
    const size_t size = sender_.packetise(out_, payload, duration, now_);
    now_ += 20ms;
    return RtpPacketView::parse({out_.data(), size})->header();
  }

  base::MonoTime now_{1000s};
  std::array<uint8_t, 1500> out_{};
  RtpSender sender_{{0xABCD, 8, 8000, 0xFFFF, 0xFFFFFFF0}};
};

TEST_F(SenderTest, NumbersAndStampsAcrossTheWrap) {
  const auto first = send();
  EXPECT_EQ(first.sequence, 0xFFFF);
  EXPECT_EQ(first.timestamp, 0xFFFFFFF0);
  EXPECT_EQ(first.ssrc, 0xABCDu);
  EXPECT_EQ(first.payload_type, 8);
  const auto second = send();
  EXPECT_EQ(second.sequence, 0);
  EXPECT_EQ(second.timestamp, 0xFFFFFFF0 + 160);
}

TEST_F(SenderTest, MarksTheStartOfATalkspurt) {
  EXPECT_TRUE(send().marker);
  EXPECT_FALSE(send().marker);
  sender_.skip(1600);
  const auto resumed = send();
  EXPECT_TRUE(resumed.marker);
  EXPECT_EQ(resumed.sequence, 1);  // a gap in time alone
  EXPECT_EQ(resumed.timestamp, 0xFFFFFFF0 + 2 * 160 + 1600);
}

TEST_F(SenderTest, WhatDoesNotFitIsNotCountedButTimePasses) {
  const std::array<uint8_t, 160> payload{};
  std::array<uint8_t, 100> small{};
  EXPECT_EQ(sender_.packetise(small, payload, 160, now_), 0u);
  EXPECT_FALSE(sender_.has_sent());
  const auto header = send();
  EXPECT_EQ(header.sequence, 0xFFFF);
  EXPECT_EQ(header.timestamp, 0xFFFFFFF0 + 160);
}

TEST_F(SenderTest, EventsShareTheSequenceButNotTheClock) {
  send();
  const std::array<uint8_t, 4> digit{5, 10, 0, 160};
  const size_t size = sender_.packetise_event(out_, {101, true, 77}, digit);
  const auto header = RtpPacketView::parse({out_.data(), size})->header();
  EXPECT_EQ(header.payload_type, 101);
  EXPECT_EQ(header.timestamp, 77u);
  EXPECT_EQ(header.sequence, 0);
  EXPECT_TRUE(header.marker);
  EXPECT_EQ(send().timestamp, 0xFFFFFFF0 + 160);
}

TEST_F(SenderTest, SenderInfoFollowsTheClock) {
  EXPECT_FALSE(sender_.sender_info(now_));
  send();
  send();  // sent 20 ms before now_
  const auto info = sender_.sender_info(now_ + 1s);
  ASSERT_TRUE(info);
  EXPECT_EQ(info->packets, 2u);
  EXPECT_EQ(info->octets, 320u);
  EXPECT_EQ(info->rtp_timestamp, 0xFFFFFFF0 + 160 + 160 + 8000);
  // Days later nothing overflows.
  EXPECT_EQ(sender_.sender_info(now_ - 20ms + 1000h)->rtp_timestamp,
            static_cast<uint32_t>(0xFFFFFFF0u + 160 + 3'600'000ull * 8000));
}

TEST_F(SenderTest, ANewPayloadTypeStartsATalkspurt) {
  send();
  sender_.set_payload_type(9, 8000);
  const auto header = send();
  EXPECT_EQ(header.payload_type, 9);
  EXPECT_TRUE(header.marker);
  EXPECT_EQ(header.sequence, 0);
}

TEST(SenderConfig, StartsAtRandom) {
  const auto a = RtpSender::random_config(0, 8000);
  const auto b = RtpSender::random_config(0, 8000);
  EXPECT_FALSE(a.ssrc == b.ssrc && a.first_timestamp == b.first_timestamp);
  for (int i = 0; i < 100; ++i) EXPECT_LT(RtpSender::random_config(0, 8000).first_sequence, 0x8000);
}

}  // namespace
}  // namespace commd::rtp
