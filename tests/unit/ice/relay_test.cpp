// Through coturn.
#include <gtest/gtest.h>

#include <memory>
#include <optional>

#include "tests/unit/ice/ice_peer.h"
#include "tests/unit/ice/turn_server.h"

namespace commd::ice {
namespace {

class RelayTest : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(turn_.ready()) << "coturn did not start"; }

  IceOptions relayed(RelayProtocol protocol,
                     const std::string& password = test::TurnProcess::password) const {
    IceOptions options = on("127.0.0.1", IceRole::controlling);
    options.relay_only = true;
    options.turn_servers = {turn_.server(protocol, password)};
    return options;
  }
  void expect_relayed(RelayProtocol protocol) {
    IcePeer first(thread_, relayed(protocol));
    IcePeer second(thread_, on("127.0.0.1", IceRole::controlled));
    connect_trickling(first, second);
    ASSERT_TRUE(first.wait_usable() && second.wait_usable());
    ASSERT_EQ(first.candidates.size(), 1u);
    EXPECT_EQ(first.candidates[0].type, IceCandidate::Type::relayed);
    EXPECT_EQ(first.candidates[0].related.ip, "0.0.0.0");
    const IcePair pair = first.pairs.at(1);
    EXPECT_EQ(pair.local.type, IceCandidate::Type::relayed);
    EXPECT_EQ(pair.relay, 0u);
    EXPECT_EQ(pair.relay_protocol, protocol);
    EXPECT_EQ(second.pairs.at(1).remote.address, first.candidates[0].address);
    for (int i = 0; i < 20; ++i) expect_media_both_ways(first, second);
    ASSERT_EQ(first.relays.size(), 1u);
    EXPECT_TRUE(first.relays[0].relayed);
    // Nothing of this machine's own addresses is in the report.
    for (const IceCandidate& one : first.report().local) {
      EXPECT_EQ(one.type, IceCandidate::Type::relayed);
    }
  }

  test::TurnProcess turn_;
  IceThread thread_{base::null_logger()};
};

TEST_F(RelayTest, OverUdp) { expect_relayed(RelayProtocol::udp); }

TEST_F(RelayTest, OverTcp) { expect_relayed(RelayProtocol::tcp); }

TEST_F(RelayTest, BothEndsBehindIt) {
  IcePeer first(thread_, relayed(RelayProtocol::udp));
  IceOptions other = relayed(RelayProtocol::tcp);
  other.role = IceRole::controlled;
  IcePeer second(thread_, other);
  connect_trickling(first, second);
  ASSERT_TRUE(first.wait_usable() && second.wait_usable());
  expect_media_both_ways(first, second);
  EXPECT_EQ(second.pairs.at(1).relay_protocol, RelayProtocol::tcp);
}

TEST_F(RelayTest, TellsWhichOfTwoServersGaveARelay) {
  IceOptions options = relayed(RelayProtocol::udp, "wrong");
  options.turn_servers.push_back(turn_.server(RelayProtocol::tcp));
  IcePeer peer(thread_, options);
  peer.agent->gather();
  ASSERT_TRUE(peer.wait_gathered());
  ASSERT_EQ(peer.relays.size(), 2u);
  EXPECT_FALSE(peer.relays[0].relayed);
  EXPECT_TRUE(peer.relays[1].relayed);
  EXPECT_EQ(peer.candidates.size(), 1u);
}

TEST_F(RelayTest, AWrongPasswordIsToldInWords) {
  for (const RelayProtocol protocol : {RelayProtocol::udp, RelayProtocol::tcp}) {
    IcePeer peer(thread_, relayed(protocol, "wrong"));
    peer.agent->gather();
    ASSERT_TRUE(peer.wait_gathered());
    EXPECT_TRUE(peer.candidates.empty());
    ASSERT_EQ(peer.relays.size(), 1u);
    EXPECT_FALSE(peer.relays[0].relayed);
    const base::Error& error = peer.relays[0].error;
    EXPECT_EQ(error.reason, "TURN_REFUSED");
    EXPECT_EQ(error.details.at("protocol"), to_string(protocol));
    EXPECT_NE(error.message.find("password"), std::string::npos);
    EXPECT_EQ(error.message.find("wrong"), std::string::npos);
  }
}

TEST_F(RelayTest, ASilentServerIsToldInWords) {
  turn_.freeze();
  IcePeer peer(thread_, relayed(RelayProtocol::udp));
  peer.agent->gather();
  ASSERT_TRUE(peer.wait_gathered());
  ASSERT_EQ(peer.relays.size(), 1u);
  EXPECT_EQ(peer.relays[0].error.reason, "TURN_SILENT");
}

TEST_F(RelayTest, AServerOfAnotherFamilyIsToldInWords) {
  IceOptions options = relayed(RelayProtocol::udp);
  options.local_addresses = {"::1"};
  IcePeer peer(thread_, options);
  peer.agent->gather();
  ASSERT_TRUE(peer.wait_gathered());
  EXPECT_EQ(peer.relays.at(0).error.reason, "TURN_UNREACHABLE");
}

TEST_F(RelayTest, ItsAnswerFindsOurAddress) {
  IceOptions options = on("127.0.0.1", IceRole::controlling);
  options.stun_server = model::TransportAddress{"127.0.0.1", turn_.port()};
  IcePeer peer(thread_, options);
  peer.agent->gather();
  ASSERT_TRUE(peer.wait_gathered());
  // It is the one we have already, so it is no candidate of its own.
  ASSERT_EQ(peer.candidates.size(), 1u);
  EXPECT_EQ(peer.candidates[0].type, IceCandidate::Type::host);
}

TEST_F(RelayTest, EndsWhileItHoldsARelay) {
  for (int i = 0; i < 5; ++i) {
    IcePeer peer(thread_, relayed(i % 2 == 0 ? RelayProtocol::udp : RelayProtocol::tcp));
    peer.agent->gather();
    if (i < 4) {
      ASSERT_TRUE(peer.wait_gathered());
    }
  }
}

TEST_F(RelayTest, TheThreadEndsThoughTheServerIsSilent) {
  std::optional<IceThread> thread(std::in_place, base::null_logger());
  auto peer = std::make_unique<IcePeer>(*thread, relayed(RelayProtocol::udp));
  peer->agent->gather();
  ASSERT_TRUE(peer->wait_gathered());
  ASSERT_TRUE(peer->relays.at(0).relayed);
  turn_.freeze();
  const auto begin = std::chrono::steady_clock::now();
  peer.reset();
  thread.reset();
  EXPECT_LE(std::chrono::steady_clock::now() - begin, 3s);
}

}  // namespace
}  // namespace commd::ice
