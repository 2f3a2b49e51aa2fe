#include "media/rtp/packet.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <vector>

namespace commd::rtp {
namespace {

using testing::ElementsAre;
using testing::ElementsAreArray;

const RtpHeader header{true, 101, 0xFFFE, 0xDEADBEEF, 0x01020304};

std::vector<uint8_t> plain_packet(uint8_t first = 0x80) {
  return {first, 0xE5, 0xFF, 0xFE, 0xDE, 0xAD, 0xBE, 0xEF, 1, 2, 3, 4};
}

TEST(RtpPacket, WritesTheFixedHeader) {
  std::array<uint8_t, 64> out{};
  const std::array<uint8_t, 3> payload{9, 8, 7};
  const size_t size = write_packet(out, header, {}, payload);
  auto expected = plain_packet();
  expected.insert(expected.end(), {9, 8, 7});
  EXPECT_THAT((std::vector<uint8_t>(out.begin(), out.begin() + size)), ElementsAreArray(expected));
}

TEST(RtpPacket, ReadsWhatItWrote) {
  std::array<uint8_t, 64> out{};
  const std::array<uint8_t, 3> payload{9, 8, 7};
  const std::array<uint8_t, 8> block{0xBE, 0xDE, 0, 1, 0x10, 0x85, 0, 0};
  const size_t size = write_packet(out, header, block, payload);
  const auto view = RtpPacketView::parse({out.data(), size});
  ASSERT_TRUE(view);
  EXPECT_TRUE(view->header().marker);
  EXPECT_EQ(view->header().payload_type, 101);
  EXPECT_EQ(view->header().sequence, 0xFFFE);
  EXPECT_EQ(view->header().timestamp, 0xDEADBEEF);
  EXPECT_EQ(view->header().ssrc, 0x01020304u);
  EXPECT_EQ(view->header_size(), 20u);
  EXPECT_EQ(view->extension_profile(), 0xBEDE);
  EXPECT_THAT(view->extension(), ElementsAre(0x10, 0x85, 0, 0));
  EXPECT_THAT(view->payload(), ElementsAre(9, 8, 7));
}

TEST(RtpPacket, DoesNotWriteWhatDoesNotFit) {
  std::array<uint8_t, 14> out{};
  const std::array<uint8_t, 3> payload{9, 8, 7};
  EXPECT_EQ(write_packet(out, header, {}, payload), 0u);
  EXPECT_EQ(write_packet(std::span(out).first(11), header, {}, {}), 0u);
  EXPECT_EQ(write_packet(out, header, {}, std::span(payload).first(2)), 14u);
}

TEST(RtpPacket, PayloadMayLieAtItsPlace) {
  std::array<uint8_t, 16> out{};
  out[12] = 1;
  out[13] = 2;
  EXPECT_EQ(write_packet(out, header, {}, {out.data() + 12, 2}), 14u);
  EXPECT_EQ(out[12], 1);
  EXPECT_EQ(out[13], 2);
}

TEST(RtpPacket, RefusesOtherVersionsAndShortOnes) {
  EXPECT_FALSE(RtpPacketView::parse({}));
  for (int version : {0, 1, 3})
    EXPECT_FALSE(RtpPacketView::parse(plain_packet(static_cast<uint8_t>(version << 6))));
  auto bytes = plain_packet();
  EXPECT_TRUE(RtpPacketView::parse(bytes));
  bytes.pop_back();
  EXPECT_FALSE(RtpPacketView::parse(bytes));
}

TEST(RtpPacket, CsrcListMustFit) {
  auto bytes = plain_packet(0x82);
  bytes.insert(bytes.end(), {0, 0, 0, 5, 0, 0, 1});
  EXPECT_FALSE(RtpPacketView::parse(bytes));
  bytes.push_back(6);
  const auto view = RtpPacketView::parse(bytes);
  ASSERT_TRUE(view);
  ASSERT_EQ(view->csrc_count(), 2u);
  EXPECT_EQ(view->csrc(0), 5u);
  EXPECT_EQ(view->csrc(1), 0x106u);
  EXPECT_TRUE(view->payload().empty());
}

TEST(RtpPacket, ExtensionMustFit) {
  auto bytes = plain_packet(0x90);
  EXPECT_FALSE(RtpPacketView::parse(bytes));
  bytes.insert(bytes.end(), {0xBE, 0xDE, 0, 1, 1, 2, 3});
  EXPECT_FALSE(RtpPacketView::parse(bytes));
  bytes.push_back(4);
  EXPECT_TRUE(RtpPacketView::parse(bytes));
  bytes[14] = 0xFF;  // 65 kB of extension
  EXPECT_FALSE(RtpPacketView::parse(bytes));
}

TEST(RtpPacket, PaddingIsRemovedAndChecked) {
  auto bytes = plain_packet(0xA0);
  bytes.insert(bytes.end(), {7, 0, 2});
  const auto view = RtpPacketView::parse(bytes);
  ASSERT_TRUE(view);
  EXPECT_THAT(view->payload(), ElementsAre(7));
  bytes.back() = 0;
  EXPECT_FALSE(RtpPacketView::parse(bytes));
  bytes.back() = 4;  // reaches into the header
  EXPECT_FALSE(RtpPacketView::parse(bytes));
  bytes.back() = 3;
  EXPECT_TRUE(RtpPacketView::parse(bytes)->payload().empty());
}

TEST(RtpPacket, PaddingBitWithoutPayloadIsRefused) {
  EXPECT_FALSE(RtpPacketView::parse(plain_packet(0xA0)));
}

}  // namespace
}  // namespace commd::rtp
