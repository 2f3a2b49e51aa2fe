#include "media/dtls/hello.h"

#include <gtest/gtest.h>

#include "tests/unit/dtls/two_ends.h"

namespace commd::dtls {
namespace {

Bytes record(uint8_t type, uint16_t epoch, const Bytes& content) {
  Bytes bytes{type, 0xfe, 0xfd, static_cast<uint8_t>(epoch >> 8), static_cast<uint8_t>(epoch)};
  bytes.insert(bytes.end(), 6, 0);
  bytes.push_back(static_cast<uint8_t>(content.size() >> 8));
  bytes.push_back(static_cast<uint8_t>(content.size()));
  bytes.insert(bytes.end(), content.begin(), content.end());
  return bytes;
}

TEST(Glance, SeesTheHelloOfARealClient) {
  TwoEnds pair;
  pair.make();
  pair.ends[0]->start(pair.clock.now());
  const auto hello = pair.ends[0]->take_datagram();
  ASSERT_TRUE(hello);
  const Glance seen = glance(*hello);
  EXPECT_TRUE(seen.dtls);
  EXPECT_EQ(seen.handshake, client_hello);
  ASSERT_TRUE(seen.random);
  EXPECT_TRUE(std::equal(seen.random->begin(), seen.random->end(), hello->begin() + 13 + 14));
  EXPECT_FALSE(seen.alert);
}

TEST(Glance, SeesUnprotectedAlertsAlone) {
  EXPECT_EQ(glance(record(21, 0, {2, 40})).alert, 40);
  EXPECT_EQ(glance(record(21, 1, Bytes(26))).alert, std::nullopt);
  EXPECT_TRUE(glance(record(21, 1, Bytes(26))).dtls);
  Bytes two = record(22, 0, Bytes(12));
  const Bytes alert = record(21, 0, {2, 10});
  two.insert(two.end(), alert.begin(), alert.end());
  EXPECT_EQ(glance(two).alert, 10);
}

TEST(Glance, RefusesWhatIsNoRecord) {
  EXPECT_FALSE(glance({}).dtls);
  EXPECT_FALSE(glance(Bytes(12, 22)).dtls);
  EXPECT_FALSE(glance(record(19, 0, {1})).dtls);
  EXPECT_FALSE(glance(record(24, 0, {1})).dtls);
  EXPECT_FALSE(glance(record(22, 0, {})).dtls);
  EXPECT_TRUE(glance(record(20, 0, {1})).dtls);
  EXPECT_FALSE(glance(record(20, 0, {2})).dtls);
  EXPECT_FALSE(glance(record(20, 0, {1, 1})).dtls);
  Bytes cut = record(22, 0, Bytes(40));
  cut.pop_back();
  EXPECT_FALSE(glance(cut).dtls);
  Bytes tls = record(22, 0, Bytes(40));
  tls[1] = 3;
  EXPECT_FALSE(glance(tls).dtls);
  Bytes tail = record(22, 0, Bytes(40));
  tail.push_back(0);
  EXPECT_FALSE(glance(tail).dtls);
}

TEST(Glance, ReadsNoRandomOutOfALaterFragment) {
  Bytes hello(12 + 2 + 32, 9);
  hello[0] = client_hello;
  std::fill(hello.begin() + 1, hello.begin() + 12, uint8_t{0});
  EXPECT_TRUE(glance(record(22, 0, hello)).random);
  hello[8] = 1;  // fragment_offset
  EXPECT_FALSE(glance(record(22, 0, hello)).random);
  hello[8] = 0;
  hello.pop_back();
  EXPECT_FALSE(glance(record(22, 0, hello)).random);
}

}  // namespace
}  // namespace commd::dtls
