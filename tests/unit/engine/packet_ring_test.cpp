#include "media/engine/packet_ring.h"

#include <gtest/gtest.h>

#include <array>
#include <numeric>

namespace commd::engine {
namespace {

std::vector<uint8_t> datagram(size_t length, uint8_t first) {
  std::vector<uint8_t> octets(length);
  std::iota(octets.begin(), octets.end(), first);
  return octets;
}

base::MonoTime at(int ms) { return base::MonoTime(std::chrono::milliseconds(ms)); }

TEST(PacketRing, GivesBackWhatCameInItsOrder) {
  PacketRing ring;
  std::array<uint8_t, 2048> buffer{};
  EXPECT_EQ(ring.take(buffer).length, 0U);
  // Round and round, over its end.
  for (int i = 0; i < 500; ++i) {
    const size_t length = 1 + static_cast<size_t>(i) * 7 % 1400;
    ASSERT_TRUE(ring.put(1, datagram(length, static_cast<uint8_t>(i)), at(i)));
    ASSERT_TRUE(ring.put(2, datagram(3, static_cast<uint8_t>(i + 1)), at(i)));
    const auto first = ring.take(buffer);
    ASSERT_EQ(first.length, length);
    EXPECT_EQ(first.component, 1);
    EXPECT_EQ(first.arrival, at(i));
    EXPECT_EQ(std::vector<uint8_t>(buffer.begin(), buffer.begin() + first.length),
              datagram(length, static_cast<uint8_t>(i)));
    const auto second = ring.take(buffer);
    ASSERT_EQ(second.length, 3U);
    EXPECT_EQ(second.component, 2);
  }
  EXPECT_EQ(ring.take(buffer).length, 0U);
  EXPECT_EQ(ring.lost(), 0U);
}

TEST(PacketRing, GrowsAndKeepsWhatWaits) {
  PacketRing ring;
  size_t put = 0;
  while (ring.put(1, datagram(1000, static_cast<uint8_t>(put)), at(0))) ++put;
  EXPECT_GT(put, PacketRing::first_capacity / 1000);
  EXPECT_LE(put * 1000, PacketRing::most_capacity);
  EXPECT_EQ(ring.lost(), 1U);
  std::array<uint8_t, 2048> buffer{};
  for (size_t i = 0; i < put; ++i) {
    ASSERT_EQ(ring.take(buffer).length, 1000U);
    EXPECT_EQ(buffer[0], static_cast<uint8_t>(i));
  }
  EXPECT_TRUE(ring.put(1, datagram(1000, 0), at(0)));
}

TEST(PacketRing, CutsWhatDoesNotFitAndGoesOnBehindIt) {
  PacketRing ring;
  ASSERT_TRUE(ring.put(1, datagram(100, 0), at(0)));
  ASSERT_TRUE(ring.put(1, datagram(5, 50), at(0)));
  std::array<uint8_t, 10> buffer{};
  EXPECT_EQ(ring.take(buffer).length, 10U);
  EXPECT_EQ(ring.take(buffer).length, 5U);
  EXPECT_EQ(buffer[0], 50);
}

TEST(PacketRing, TakesNothingThatIsNoDatagram) {
  PacketRing ring;
  EXPECT_FALSE(ring.put(1, {}, at(0)));
  EXPECT_FALSE(ring.put(1, std::vector<uint8_t>(70000), at(0)));
  EXPECT_EQ(ring.lost(), 2U);
}

}  // namespace
}  // namespace commd::engine
