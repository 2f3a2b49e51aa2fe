#include "daemon/model/session_description.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace commd::model {
namespace {

constexpr auto inactive = Direction::inactive;
constexpr auto recv_only = Direction::recv_only;
constexpr auto send_only = Direction::send_only;
constexpr auto send_recv = Direction::send_recv;
constexpr std::array all = {inactive, recv_only, send_only, send_recv};

TEST(Direction, IsMadeOfItsTwoHalves) {
  for (const Direction direction : all)
    EXPECT_EQ(make_direction(sends(direction), receives(direction)), direction);
  EXPECT_TRUE(sends(send_only));
  EXPECT_FALSE(receives(send_only));
  EXPECT_FALSE(sends(recv_only));
  EXPECT_TRUE(receives(recv_only));
  EXPECT_FALSE(sends(inactive) || receives(inactive));
  EXPECT_TRUE(sends(send_recv) && receives(send_recv));
}

TEST(Direction, IsMirroredForTheOtherSide) {
  EXPECT_EQ(mirrored(send_only), recv_only);
  EXPECT_EQ(mirrored(recv_only), send_only);
  EXPECT_EQ(mirrored(send_recv), send_recv);
  EXPECT_EQ(mirrored(inactive), inactive);
}

// RFC 3264, section 6.1: wanted, offered, answered.
TEST(Direction, OfAnAnswerNeverExceedsTheOffer) {
  const std::array<std::array<Direction, 3>, 16> table = {{
      {send_recv, send_recv, send_recv},
      {send_recv, send_only, recv_only},
      {send_recv, recv_only, send_only},
      {send_recv, inactive, inactive},
      {send_only, send_recv, send_only},
      {send_only, send_only, inactive},
      {send_only, recv_only, send_only},
      {send_only, inactive, inactive},
      {recv_only, send_recv, recv_only},
      {recv_only, send_only, recv_only},
      {recv_only, recv_only, inactive},
      {recv_only, inactive, inactive},
      {inactive, send_recv, inactive},
      {inactive, send_only, inactive},
      {inactive, recv_only, inactive},
      {inactive, inactive, inactive},
  }};
  for (const auto& [wanted, offered, answered] : table)
    EXPECT_EQ(intersect(wanted, offered), answered)
        << to_string(wanted) << " for " << to_string(offered);
}

TEST(Direction, IsWrittenAsInSdp) {
  EXPECT_STREQ(to_string(inactive), "inactive");
  EXPECT_STREQ(to_string(recv_only), "recvonly");
  EXPECT_STREQ(to_string(send_only), "sendonly");
  EXPECT_STREQ(to_string(send_recv), "sendrecv");
}

SessionDescription with_streams(std::initializer_list<Direction> directions) {
  SessionDescription description;
  for (const Direction direction : directions) {
    description.streams.emplace_back();
    description.streams.back().direction = direction;
  }
  return description;
}

TEST(IsHold, WhenTheOtherSideMaySendNothing) {
  EXPECT_TRUE(is_hold(with_streams({send_only})));
  EXPECT_TRUE(is_hold(with_streams({inactive})));
  EXPECT_TRUE(is_hold(with_streams({send_only, inactive})));
}

TEST(IsHold, NotWhileAnyStreamIsReceived) {
  EXPECT_FALSE(is_hold(with_streams({send_recv})));
  EXPECT_FALSE(is_hold(with_streams({recv_only})));
  EXPECT_FALSE(is_hold(with_streams({send_only, send_recv})));
}

TEST(IsHold, DoesNotCountRejectedStreams) {
  auto description = with_streams({send_recv, send_only});
  description.streams[0].rejected = true;
  EXPECT_TRUE(is_hold(description));
  description.streams[1].rejected = true;
  EXPECT_FALSE(is_hold(description)) << "no stream is left to be held";
  EXPECT_FALSE(is_hold({}));
}

TEST(TransportAddress, IsNothingWithoutPortOrAddress) {
  EXPECT_TRUE(TransportAddress({"192.0.2.1", 5004}));
  EXPECT_FALSE(TransportAddress({"192.0.2.1", 0}));
  EXPECT_FALSE(TransportAddress({"", 5004}));
}

}  // namespace
}  // namespace commd::model
