#include "media/rtp/rtcp_session.h"

#include <gtest/gtest.h>

#include <array>
#include <vector>

namespace commd::rtp {
namespace {

using namespace std::chrono_literals;

// One end of a call.
struct End {
  End(uint32_t ssrc, base::MonoTime now)
      : sender({ssrc, 0, 8000, 100, 1000}),
        receiver({8000, 1}),
        session({ssrc, "end", 64'000, RtcpSession::Minimum::standard, ssrc}, now) {}

  void send_to(End& other, base::MonoTime now) {
    const std::array<uint8_t, 160> payload{};
    const size_t size = sender.packetise(out, payload, 160, now);
    other.receiver.on_packet(RtpPacketView::parse({out.data(), size})->header(), 160, now);
  }

  std::vector<uint8_t> report(base::MonoTime now) {
    const auto bytes = session.make_report(out, sender, receiver, now);
    return {bytes.begin(), bytes.end()};
  }

  std::array<uint8_t, 1500> out{};
  RtpSender sender;
  RtpReceiver receiver;
  RtcpSession session;
};

class RtcpSessionTest : public testing::Test {
 protected:
  base::MonoTime now_{70'000s};  // the middle of NTP wraps at 65536 s
  End a_{1, now_};
  End b_{2, now_};
};

TEST_F(RtcpSessionTest, FirstReportAfterHalfAnInterval) {
  for (uint32_t seed = 0; seed < 200; ++seed) {
    RtcpSession session({1, "x", 64'000, RtcpSession::Minimum::standard, seed}, now_);
    const auto wait = std::chrono::duration<double>(session.next_report() - now_).count();
    EXPECT_GE(wait, 5 * 0.5 / 1.21828 / 2 - 1e-6);
    EXPECT_LE(wait, 5 * 1.5 / 1.21828 / 2 + 1e-6);
  }
}

TEST_F(RtcpSessionTest, IntervalsAreRandomAroundTheMean) {
  double sum = 0;
  for (int i = 0; i < 1000; ++i) {
    a_.report(now_);
    const auto wait = std::chrono::duration<double>(a_.session.next_report() - now_).count();
    EXPECT_GE(wait, 5 * 0.5 / 1.21828 - 1e-6);
    EXPECT_LE(wait, 5 * 1.5 / 1.21828 + 1e-6);
    sum += wait;
  }
  EXPECT_NEAR(sum / 1000, 5 / 1.21828, 0.15);
}

TEST_F(RtcpSessionTest, ReducedMinimumFollowsTheBandwidth) {
  RtcpSession fast({1, "x", 720'000, RtcpSession::Minimum::reduced, 1}, now_);
  EXPECT_LE(fast.next_report() - now_, 500ms * 1.5 / 2);
  RtcpSession slow({1, "x", 8'000, RtcpSession::Minimum::reduced, 1}, now_);
  EXPECT_GE(slow.next_report() - now_, 1s);
}

TEST_F(RtcpSessionTest, LittleBandwidthStretchesTheInterval) {
  RtcpSession session({1, "x", 1'000, RtcpSession::Minimum::standard, 1}, now_);
  // 2 * 128 bytes * 8 / 50 bit/s = 41 s
  EXPECT_GE(session.next_report() - now_, 8s);
}

TEST_F(RtcpSessionTest, SenderReportOnlyAfterSending) {
  const auto first = a_.report(now_);
  EXPECT_EQ(first[1], 201);
  a_.send_to(b_, now_);
  EXPECT_EQ(a_.report(now_)[1], 200);
  EXPECT_EQ(a_.report(now_ + 5s)[1], 201);  // nothing since
}

TEST_F(RtcpSessionTest, RoundTripFromLsrAndDlsr) {
  a_.send_to(b_, now_);
  b_.send_to(a_, now_);
  const auto report = a_.report(now_);
  b_.session.on_datagram(report, now_ + 30ms);
  EXPECT_FALSE(a_.session.round_trip());
  const auto answer = b_.report(now_ + 30ms + 2s);
  a_.session.on_datagram(answer, now_ + 30ms + 2s + 45ms);
  ASSERT_TRUE(a_.session.round_trip());
  const auto trip = std::chrono::duration<double, std::milli>(*a_.session.round_trip()).count();
  EXPECT_NEAR(trip, 75, 0.1);
}

TEST_F(RtcpSessionTest, AnImpossibleRoundTripIsIgnored) {
  std::array<uint8_t, 200> out{};
  RtcpBuilder builder(out);
  const ReportBlock forged{1, 0, 0, 0, 0, 12345, 99};
  builder.receiver_report(2, {&forged, 1});
  EXPECT_TRUE(a_.session.on_datagram(builder.bytes(), now_).valid);
  EXPECT_FALSE(a_.session.round_trip());
  EXPECT_TRUE(a_.session.remote_view());
}

TEST_F(RtcpSessionTest, RemoteViewOfOurStreamAlone) {
  std::array<uint8_t, 200> out{};
  RtcpBuilder builder(out);
  const std::array<ReportBlock, 2> blocks{ReportBlock{9, 255, 1000}, ReportBlock{1, 26, 17, 5, 40}};
  builder.receiver_report(2, blocks);
  a_.session.on_datagram(builder.bytes(), now_);
  ASSERT_TRUE(a_.session.remote_view());
  EXPECT_NEAR(a_.session.remote_view()->fraction_lost, 0.1, 0.01);
  EXPECT_EQ(a_.session.remote_view()->cumulative_lost, 17);
  EXPECT_EQ(a_.session.remote_view()->jitter, 40u);
}

TEST_F(RtcpSessionTest, ReportsTheLossItSees) {
  for (int i = 0; i < 100; ++i) {
    End discard(3, now_);
    a_.send_to(i % 10 == 5 ? discard : b_, now_ + i * 20ms);
  }
  a_.session.on_datagram(b_.report(now_ + 2s), now_ + 2s);
  EXPECT_EQ(a_.session.remote_view()->cumulative_lost, 10);
  EXPECT_NEAR(a_.session.remote_view()->fraction_lost, 0.1, 0.005);
}

TEST_F(RtcpSessionTest, ByeIsSaidAndHeard) {
  const auto bytes = a_.session.make_bye(a_.out, a_.sender, a_.receiver, now_, "bye");
  ASSERT_FALSE(bytes.empty());
  const auto event = b_.session.on_datagram(bytes, now_);
  EXPECT_TRUE(event.valid);
  EXPECT_TRUE(event.bye);
}

TEST_F(RtcpSessionTest, PictureLossOfOursAlone) {
  std::array<uint8_t, 200> out{};
  RtcpBuilder builder(out);
  builder.receiver_report(2, {});
  builder.picture_loss(2, 77);
  EXPECT_FALSE(a_.session.on_datagram(builder.bytes(), now_).picture_loss);
  builder.picture_loss(2, 1);
  EXPECT_TRUE(a_.session.on_datagram(builder.bytes(), now_).picture_loss);
}

TEST_F(RtcpSessionTest, GarbageIsNoEvent) {
  const std::array<uint8_t, 9> junk{0x80, 200, 0, 9, 1, 2, 3, 4, 5};
  const auto event = a_.session.on_datagram(junk, now_);
  EXPECT_FALSE(event.valid);
  EXPECT_FALSE(event.bye);
  EXPECT_EQ(a_.session.reports_received(), 0u);
}

TEST_F(RtcpSessionTest, TooSmallABufferGivesNothing) {
  std::array<uint8_t, 10> small{};
  EXPECT_TRUE(a_.session.make_report(small, a_.sender, a_.receiver, now_).empty());
  EXPECT_GT(a_.session.next_report(), now_);
}

}  // namespace
}  // namespace commd::rtp
