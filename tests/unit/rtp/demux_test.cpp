#include "media/rtp/demux.h"

#include <gtest/gtest.h>

#include <vector>

namespace commd::rtp {
namespace {

std::vector<uint8_t> datagram(uint8_t first, uint8_t second, size_t size) {
  std::vector<uint8_t> bytes(size, 0);
  if (size > 0) bytes[0] = first;
  if (size > 1) bytes[1] = second;
  return bytes;
}

std::vector<uint8_t> with_cookie(uint8_t first, size_t size, std::vector<uint8_t> cookie) {
  auto bytes = datagram(first, 1, size);
  std::copy(cookie.begin(), cookie.end(), bytes.begin() + 4);
  return bytes;
}

const std::vector<uint8_t> stun_cookie{0x21, 0x12, 0xA4, 0x42};
const std::vector<uint8_t> zrtp_cookie{'Z', 'R', 'T', 'P'};

TEST(Demux, EveryRangeHasItsKind) {
  for (int first = 0; first < 256; ++first) {
    const auto bytes = datagram(static_cast<uint8_t>(first), 0, 40);
    auto expected = DatagramKind::unknown;
    if (first >= 20 && first <= 63) expected = DatagramKind::dtls;
    if (first >= 64 && first <= 79) expected = DatagramKind::turn_channel;
    if (first >= 128 && first <= 191) expected = DatagramKind::rtp;
    EXPECT_EQ(classify(bytes), expected) << first;
  }
}

TEST(Demux, StunAndZrtpWantTheirCookie) {
  EXPECT_EQ(classify(with_cookie(0, 20, stun_cookie)), DatagramKind::stun);
  EXPECT_EQ(classify(with_cookie(1, 20, stun_cookie)), DatagramKind::stun);
  EXPECT_EQ(classify(with_cookie(0, 19, stun_cookie)), DatagramKind::unknown);
  EXPECT_EQ(classify(with_cookie(0, 20, zrtp_cookie)), DatagramKind::unknown);
  EXPECT_EQ(classify(with_cookie(16, 28, zrtp_cookie)), DatagramKind::zrtp);
  EXPECT_EQ(classify(with_cookie(16, 27, zrtp_cookie)), DatagramKind::unknown);
  EXPECT_EQ(classify(with_cookie(16, 28, stun_cookie)), DatagramKind::unknown);
}

TEST(Demux, RtcpIsToldByItsPacketType) {
  for (int second = 0; second < 256; ++second) {
    const auto expected = second >= 192 && second <= 223 ? DatagramKind::rtcp : DatagramKind::rtp;
    EXPECT_EQ(classify(datagram(0x80, static_cast<uint8_t>(second), 12)), expected) << second;
  }
}

TEST(Demux, TooShortIsUnknown) {
  EXPECT_EQ(classify({}), DatagramKind::unknown);
  EXPECT_EQ(classify(datagram(0x80, 0, 1)), DatagramKind::unknown);
  EXPECT_EQ(classify(datagram(0x80, 0, 11)), DatagramKind::unknown);
  EXPECT_EQ(classify(datagram(0x80, 0, 12)), DatagramKind::rtp);
  EXPECT_EQ(classify(datagram(0x80, 200, 7)), DatagramKind::unknown);
  EXPECT_EQ(classify(datagram(0x80, 200, 8)), DatagramKind::rtcp);
  EXPECT_EQ(classify(datagram(22, 0, 12)), DatagramKind::unknown);
  EXPECT_EQ(classify(datagram(22, 0, 13)), DatagramKind::dtls);
  EXPECT_EQ(classify(datagram(64, 0, 3)), DatagramKind::unknown);
}

}  // namespace
}  // namespace commd::rtp
