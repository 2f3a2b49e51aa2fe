#include "media/engine/source_filter.h"

#include <gtest/gtest.h>

namespace commd::engine {
namespace {

using std::chrono::milliseconds;

SocketAddress at(const std::string& ip, uint16_t port) { return *SocketAddress::parse(ip, port); }

const SocketAddress described_public = at("192.0.2.9", 30000);
const SocketAddress described_private = at("10.0.0.9", 30000);
const SocketAddress elsewhere = at("198.51.100.1", 5555);
const SocketAddress attacker = at("203.0.113.66", 666);

class SourceFilterTest : public testing::Test {
 protected:
  void configure(const SocketAddress& rtp, model::Latch latch = model::Latch::automatic,
                 bool authenticated = false) {
    config_.rtp = rtp;
    config_.rtcp = rtp;
    config_.rtcp_mux = true;
    config_.latch = latch;
    config_.signalling = at("192.0.2.9", 0);
    config_.authenticated = authenticated;
    filter_.configure(config_, now_);
  }
  bool packet(const SocketAddress& source, uint16_t sequence, uint32_t ssrc = 1,
              uint8_t payload_type = 0) {
    rtp::RtpHeader header;
    header.ssrc = ssrc;
    header.sequence = sequence;
    header.payload_type = payload_type;
    return filter_.may_send_rtp(source) && filter_.accept_rtp(source, header, now_);
  }
  // Two packets in sequence.
  bool moves_to(const SocketAddress& source, uint32_t ssrc = 1) {
    packet(source, 10, ssrc);
    return packet(source, 11, ssrc) && filter_.rtp_target() == source;
  }

  base::MonoTime now_{std::chrono::hours(1)};
  SourceFilter::Config config_;
  SourceFilter filter_;
};

TEST_F(SourceFilterTest, TheDescribedAddressIsHeard) {
  configure(described_public);
  EXPECT_TRUE(packet(described_public, 1));
  EXPECT_TRUE(packet(described_public, 2));
  EXPECT_FALSE(filter_.latched());
}

TEST_F(SourceFilterTest, OthersAreNot) {
  configure(described_public);
  for (uint16_t i = 0; i < 100; ++i) EXPECT_FALSE(packet(attacker, i));
  EXPECT_EQ(filter_.rtp_target(), described_public);
}

TEST_F(SourceFilterTest, AnotherPortOfTheSameHostIsAnotherAddress) {
  configure(described_public);
  EXPECT_FALSE(moves_to(at("192.0.2.9", 30002)));
}

TEST_F(SourceFilterTest, APrivateAddressMayMoveOnce) {
  configure(described_private);
  EXPECT_TRUE(moves_to(elsewhere));
  EXPECT_TRUE(filter_.latched());
  EXPECT_FALSE(moves_to(attacker)) << "once";
  EXPECT_FALSE(packet(described_private, 1)) << "the old place is left";
  EXPECT_TRUE(packet(elsewhere, 12));
  EXPECT_EQ(filter_.rtcp_target(), elsewhere);
}

TEST_F(SourceFilterTest, APublicAddressThatIsNotTheSignallersMayMove) {
  configure(at("192.0.2.77", 30000));
  EXPECT_TRUE(moves_to(elsewhere));
}

TEST_F(SourceFilterTest, ThePublicAddressOfTheSignallerMayNot) {
  configure(described_public);
  EXPECT_FALSE(moves_to(elsewhere));
}

TEST_F(SourceFilterTest, OnlyWithinASecondOfTheAnswer) {
  configure(described_private);
  now_ += milliseconds(1001);
  EXPECT_FALSE(moves_to(elsewhere));
  configure(at("10.0.0.10", 30000));
  now_ += milliseconds(1000);
  EXPECT_TRUE(moves_to(elsewhere));
}

TEST_F(SourceFilterTest, OnlyByPacketsInSequenceOfOneSource) {
  configure(described_private);
  EXPECT_FALSE(packet(elsewhere, 10));
  EXPECT_FALSE(packet(elsewhere, 12)) << "a gap";
  EXPECT_FALSE(packet(elsewhere, 13, 2)) << "another SSRC";
  EXPECT_FALSE(packet(elsewhere, 14, 2, 8)) << "another payload type";
  EXPECT_FALSE(packet(attacker, 15, 2, 8)) << "another address";
  EXPECT_FALSE(filter_.latched());
  EXPECT_FALSE(packet(elsewhere, 20));
  EXPECT_TRUE(packet(elsewhere, 21));
}

TEST_F(SourceFilterTest, APeerThatSpeaksFromItsAddressIsNotSoughtElsewhere) {
  configure(described_private);
  EXPECT_TRUE(packet(described_private, 5, 77));
  EXPECT_FALSE(moves_to(attacker, 77));
  EXPECT_TRUE(packet(described_private, 6, 77));
}

TEST_F(SourceFilterTest, WithLatchOnTheStreamThatWasHeardMayMove) {
  configure(described_private, model::Latch::on);
  EXPECT_TRUE(packet(described_private, 5, 77));
  EXPECT_FALSE(moves_to(attacker, 78));
  EXPECT_TRUE(moves_to(elsewhere, 77));
}

TEST_F(SourceFilterTest, LatchOffNeverMoves) {
  configure(described_private, model::Latch::off);
  EXPECT_FALSE(moves_to(elsewhere));
}

TEST_F(SourceFilterTest, LatchOnMovesAtAnyTimeButOnce) {
  configure(described_public, model::Latch::on);
  now_ += std::chrono::minutes(5);
  EXPECT_TRUE(moves_to(elsewhere));
  EXPECT_FALSE(moves_to(attacker));
}

TEST_F(SourceFilterTest, AuthenticatedPacketsAreHeardFromAnywhere) {
  configure(described_public, model::Latch::automatic, true);
  EXPECT_TRUE(packet(elsewhere, 1));
  EXPECT_EQ(filter_.rtp_target(), described_public) << "heard, not followed";
  configure(described_private, model::Latch::automatic, true);
  EXPECT_TRUE(packet(elsewhere, 1));
  EXPECT_EQ(filter_.rtp_target(), elsewhere) << "one packet proves the key";
}

TEST_F(SourceFilterTest, AHelloFromElsewhereIsWorthAnAnswerWhereTheStreamMayMove) {
  configure(described_private);
  EXPECT_TRUE(filter_.may_say_hello(now_));
  now_ += SourceFilter::hello_window;
  EXPECT_TRUE(filter_.may_say_hello(now_));
  now_ += milliseconds(1);
  EXPECT_FALSE(filter_.may_say_hello(now_)) << "late";
  configure(described_public);
  EXPECT_FALSE(filter_.may_say_hello(now_)) << "the host that signals, which is no private one";
  configure(at("192.0.2.10", 30000));
  EXPECT_TRUE(filter_.may_say_hello(now_)) << "another host";
  configure(at("10.0.0.11", 30000), model::Latch::off);
  EXPECT_FALSE(filter_.may_say_hello(now_));
  configure(SocketAddress(), model::Latch::on);
  EXPECT_FALSE(filter_.may_say_hello(now_)) << "no stream";
}

TEST_F(SourceFilterTest, WhereTheDescribedAddressShakesHandsNobodyElseIsAnswered) {
  configure(described_private);
  filter_.note_handshake();
  EXPECT_FALSE(filter_.may_say_hello(now_));
  configure(at("10.0.0.11", 30000));
  EXPECT_TRUE(filter_.may_say_hello(now_)) << "a new address is a new start";
}

TEST_F(SourceFilterTest, WithLatchOnAHelloMayComeAtAnyTimeUntilTheStreamHasMoved) {
  configure(described_public, model::Latch::on);
  filter_.note_handshake();
  now_ += std::chrono::minutes(5);
  EXPECT_TRUE(filter_.may_say_hello(now_));
  filter_.move_to(elsewhere);
  EXPECT_EQ(filter_.rtp_target(), elsewhere);
  EXPECT_EQ(filter_.rtcp_target(), elsewhere);
  EXPECT_FALSE(filter_.may_say_hello(now_)) << "once";
}

TEST_F(SourceFilterTest, ARenegotiationKeepsWhatWasLearned) {
  configure(described_private);
  ASSERT_TRUE(moves_to(elsewhere));
  now_ += std::chrono::minutes(1);
  configure(described_private);
  EXPECT_EQ(filter_.rtp_target(), elsewhere);
  EXPECT_FALSE(moves_to(attacker)) << "no second chance";
  configure(at("10.0.0.10", 30000));
  EXPECT_EQ(filter_.rtp_target(), at("10.0.0.10", 30000)) << "a new address is a new start";
}

TEST_F(SourceFilterTest, WithoutAnAddressNobodyIsHeard) {
  configure(SocketAddress(), model::Latch::on);
  EXPECT_FALSE(moves_to(elsewhere));
}

TEST_F(SourceFilterTest, ReportsComeFromThePeersHost) {
  configure(described_public);
  EXPECT_TRUE(filter_.accept_rtcp(described_public));
  EXPECT_FALSE(filter_.accept_rtcp(at("192.0.2.9", 30001))) << "the port is shared";
  config_.rtcp_mux = false;
  config_.rtp = at("192.0.2.9", 31000);
  config_.rtcp = at("192.0.2.9", 31001);
  filter_.configure(config_, now_);
  EXPECT_TRUE(filter_.accept_rtcp(at("192.0.2.9", 31001)));
  EXPECT_TRUE(filter_.accept_rtcp(at("192.0.2.9", 40000)));
  EXPECT_FALSE(filter_.accept_rtcp(attacker));
  EXPECT_EQ(filter_.rtcp_target(), at("192.0.2.9", 31001));
}

}  // namespace
}  // namespace commd::engine
