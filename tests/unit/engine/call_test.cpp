// Whole calls between two sessions of one engine, over real sockets.
#include <gtest/gtest.h>

#include "tests/unit/engine/engine_fixture.h"

namespace commd::engine {
namespace {

using model::Direction;
using model::SecurityLevel;
using srtp::SrtpProfile;

class CallTest : public EngineTest {
 protected:
  bool both_hear() {
    return wait([&] { return devices_.ear("a").hears(1000) && devices_.ear("b").hears(440); });
  }
};

TEST_F(CallTest, TonesArriveBothWays) {
  open_talkers(config());
  connect();
  EXPECT_TRUE(both_hear());
  EXPECT_EQ(events_a_.flowing, std::vector<std::string>{"b"});
  EXPECT_EQ(events_b_.flowing, std::vector<std::string>{""});
  EXPECT_EQ(events_a_.codec, "PCMU/8000");
  EXPECT_LT(devices_.ear("a").amplitude(440), 500) << "nobody hears himself";
}

TEST_F(CallTest, EveryCodec) {
  for (const std::string name : {"opus", "PCMU", "PCMA", "L16"}) {
    SCOPED_TRACE(name);
    open_talkers(config({name}));
    connect();
    EXPECT_TRUE(both_hear());
    EXPECT_EQ(stats(*a_).received.codec.substr(0, name.size()), name);
    a_.reset();
    b_.reset();
  }
}

TEST_F(CallTest, PacketsOfOtherLengths) {
  for (const unsigned ptime : {10U, 30U, 40U, 60U}) {
    SCOPED_TRACE(ptime);
    open_talkers(config());
    auto offered = offer(*a_);
    ASSERT_TRUE(offered);
    offered->streams[0].ptime_ms = ptime;
    const auto answered = answer(*b_, *offered);
    ASSERT_TRUE(answered);
    ASSERT_TRUE(apply(*a_, "b", *answered));
    b_->transmit(ports::Transmit::live);
    EXPECT_TRUE(wait([&] { return devices_.ear("a").hears(1000); }));
    const auto received = stats(*a_).received;
    EXPECT_EQ(received.bytes / received.packets, ptime * 8);
    a_.reset();
    b_.reset();
  }
}

TEST_F(CallTest, TheDelayKeepsToItsBounds) {
  options_.jitter = {std::chrono::milliseconds(160), std::chrono::milliseconds(400)};
  make_engine();
  open_talkers(config());
  connect();
  ASSERT_TRUE(both_hear());
  EXPECT_TRUE(wait([&] { return stats(*a_).jitter_buffer_ms >= 140; }));
}

TEST_F(CallTest, Ipv6) {
  auto settings = config();
  settings.local_ip = "::1";
  settings.signalling_peer_ip = "::1";
  open_talkers(settings);
  connect();
  EXPECT_TRUE(both_hear());
  EXPECT_TRUE(stats(*a_).remote_address.starts_with("[::1]:"));
}

TEST_F(CallTest, RtcpOnItsOwnPort) {
  open_talkers(config());
  auto offered = offer(*a_);
  ASSERT_TRUE(offered);
  offered->streams[0].transport.rtcp_mux = false;
  const auto answered = answer(*b_, *offered);
  ASSERT_TRUE(answered);
  EXPECT_FALSE(answered->streams[0].transport.rtcp_mux);
  ASSERT_TRUE(apply(*a_, "b", *answered));
  a_->choose_branch(model::BranchId("b"));
  a_->transmit(ports::Transmit::live);
  b_->transmit(ports::Transmit::live);
  EXPECT_TRUE(both_hear());
}

bool is_free(uint16_t port) {
  const base::UniqueFd fd(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_port = htons(port);
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&at), sizeof at) == 0;
}

// The choice comes before the answer where nothing came early, as the core does it.
TEST_F(CallTest, ASpareRtcpPortIsGivenBackWithTheAnswer) {
  open_talkers(config());
  const auto offered = offer(*a_);
  ASSERT_TRUE(offered);
  const auto port = static_cast<uint16_t>(offered->streams[0].transport.rtp.port + 1);
  EXPECT_FALSE(is_free(port));
  const auto answered = answer(*b_, *offered);
  ASSERT_TRUE(answered);
  ASSERT_TRUE(answered->streams[0].transport.rtcp_mux);
  a_->choose_branch(model::BranchId("b"));
  ASSERT_TRUE(apply(*a_, "b", *answered));
  EXPECT_TRUE(wait([&] { return is_free(port); }));
  a_->transmit(ports::Transmit::live);
  b_->transmit(ports::Transmit::live);
  EXPECT_TRUE(both_hear());
}

TEST_F(CallTest, UntilTheAnswerOnlySilenceIsSent) {
  open_talkers(config());
  negotiate(*a_, *b_);
  b_->transmit(ports::Transmit::live);
  EXPECT_TRUE(wait([&] { return devices_.ear("a").hears(1000); })) << "early media is heard";
  EXPECT_TRUE(wait([&] { return devices_.ear("b").hears_nothing(); }));
  EXPECT_GT(stats(*b_).received.packets, 0U) << "silence is sent, so that translators open";
  a_->choose_branch(model::BranchId("b"));
  a_->transmit(ports::Transmit::live);
  EXPECT_TRUE(both_hear());
}

TEST_F(CallTest, MuteAndUnmute) {
  open_talkers(config());
  connect();
  ASSERT_TRUE(both_hear());
  a_->set_muted(true);
  EXPECT_TRUE(wait([&] { return devices_.ear("b").hears_nothing(); }));
  EXPECT_TRUE(devices_.ear("a").hears(1000));
  a_->set_muted(false);
  EXPECT_TRUE(both_hear());
}

TEST_F(CallTest, HoldAndResume) {
  open_talkers(config({"opus"}));
  connect();
  ASSERT_TRUE(both_hear());
  const auto before = stats(*a_);
  negotiate(*a_, *b_, Direction::send_only);
  EXPECT_TRUE(
      wait([&] { return devices_.ear("b").hears_nothing() && devices_.ear("a").hears_nothing(); }));
  negotiate(*a_, *b_);
  EXPECT_TRUE(both_hear());
  const auto after = stats(*a_);
  EXPECT_EQ(after.local_address, before.local_address);
  EXPECT_EQ(after.sent.ssrc, before.sent.ssrc) << "the stream goes on";
}

TEST_F(CallTest, HeldByBothAndInactive) {
  open_talkers(config());
  connect();
  ASSERT_TRUE(both_hear());
  negotiate(*b_, *a_, Direction::inactive);
  const auto quiet = stats(*a_);
  EXPECT_TRUE(wait([&] { return devices_.ear("a").hears_nothing(); }));
  EXPECT_LE(stats(*a_).received.packets, quiet.received.packets + 2) << "inactive sends nothing";
  negotiate(*b_, *a_);
  EXPECT_TRUE(both_hear());
}

TEST_F(CallTest, DigitsBothWays) {
  open_talkers(config());
  connect();
  ASSERT_TRUE(a_->send_digits("1*#", 60));
  ASSERT_TRUE(b_->send_digits("9D", 60));
  EXPECT_TRUE(wait([&] { return events_b_.digits.size() == 3 && events_a_.digits.size() == 2; }));
  EXPECT_EQ(events_b_.digits, "1*#");
  EXPECT_EQ(events_a_.digits, "9D");
  EXPECT_TRUE(both_hear()) << "speech goes on after the digits";
}

TEST_F(CallTest, ADigitIsFinishedBeforeTheCallIsClosed) {
  open_talkers(config());
  connect();
  ASSERT_TRUE(both_hear());
  ASSERT_TRUE(a_->send_digits("5", 5000));
  EXPECT_TRUE(wait([&] { return events_b_.digits == "5"; }));
  const uint64_t before = stats(*b_).received.packets;
  a_.reset();
  EXPECT_TRUE(wait([&] { return stats(*b_).received.packets >= before + 3; }))
      << "three packets end it";
}

TEST_F(CallTest, DigitsNeedTheirPayloadType) {
  open_talkers(config());
  auto offered = offer(*a_);
  ASSERT_TRUE(offered);
  std::erase_if(offered->streams[0].formats, is_telephone_event);
  const auto answered = answer(*b_, *offered);
  ASSERT_TRUE(apply(*a_, "b", *answered));
  EXPECT_EQ(a_->send_digits("1", 100).error().reason, "NO_TELEPHONE_EVENT");
  EXPECT_EQ(a_->send_digits("x", 100).error().code, base::Code::invalid_argument);
  EXPECT_EQ(a_->send_digits("!", 100).error().code, base::Code::invalid_argument);
}

TEST_F(CallTest, TheEchoAnswers) {
  open_talkers(config());
  auto settings = config();
  settings.capture.kind = model::AudioSource::Kind::echo;
  settings.playback.kind = model::AudioSink::Kind::echo;
  b_ = engine_->open("echo", settings, events_b_);
  connect();
  EXPECT_TRUE(wait([&] { return devices_.ear("a").hears(440); }));
}

TEST_F(CallTest, SourcesAndSinksChangeInTheMiddle) {
  open_talkers(config());
  connect();
  ASSERT_TRUE(both_hear());
  EXPECT_TRUE(wait_done([&](auto done) { a_->set_capture(tone(700), done); }));
  EXPECT_TRUE(wait_done([&](auto done) { b_->set_playback(ear("b2"), done); }));
  EXPECT_TRUE(wait([&] { return devices_.ear("b2").hears(700); }));
  EXPECT_LT(devices_.ear("b2").amplitude(440), 500);
}

TEST_F(CallTest, LevelsAndStatistics) {
  open_talkers(config());
  connect();
  ASSERT_TRUE(both_hear());
  std::optional<model::AudioLevels> levels;
  ASSERT_TRUE(wait([&] {
    a_->levels([&](model::AudioLevels now) { levels = now; });
    core_.run_until([&] { return levels.has_value(); });
    return levels->received_dbov > -11;
  }));
  EXPECT_NEAR(levels->sent_dbov, -10, 0.5);
  EXPECT_NEAR(levels->received_dbov, -10, 0.5);
  ASSERT_TRUE(wait([&] { return stats(*a_).mos > 0; }));
  const auto now = stats(*a_);
  EXPECT_GT(now.mos, 4.0);
  EXPECT_EQ(now.received.codec, "PCMU/8000");
  EXPECT_EQ(now.sent.codec, "PCMU/8000");
  EXPECT_EQ(now.received.packets_lost, 0U);
  EXPECT_EQ(now.local_address, stats(*b_).remote_address);
  EXPECT_EQ(now.remote_address, stats(*b_).local_address);
  EXPECT_GE(now.since_last_packet.count(), 0);
  EXPECT_EQ(now.received.ssrc, stats(*b_).sent.ssrc);
}

TEST_F(CallTest, RoundTripComesWithTheReports) {
  open_talkers(config());
  connect();
  ASSERT_TRUE(
      core_.run_until([&] { return stats(*a_).round_trip_ms >= 0; }, std::chrono::seconds(30)));
  EXPECT_LT(stats(*a_).round_trip_ms, 1000);
  EXPECT_GE(stats(*a_).mouth_to_ear_ms, 20);
}

TEST_F(CallTest, ACodecMayChangeInTheMiddle) {
  open_talkers(config({"opus", "PCMA"}));
  connect();
  ASSERT_TRUE(both_hear());
  EXPECT_EQ(events_a_.codec, "opus/48000");
  auto offered = offer(*b_);
  ASSERT_TRUE(offered);
  std::erase_if(offered->streams[0].formats, [](const auto& f) { return f.name == "opus"; });
  const auto answered = answer(*a_, *offered);
  ASSERT_TRUE(answered) << answered.error().message;
  ASSERT_TRUE(apply(*b_, "", *answered));
  EXPECT_TRUE(wait([&] { return events_a_.codec == "PCMA/8000"; }));
  EXPECT_TRUE(wait([&] {
    return stats(*a_).received.codec == "PCMA/8000" && stats(*b_).received.codec == "PCMA/8000";
  }));
  devices_.ear("a").forget();
  devices_.ear("b").forget();
  EXPECT_TRUE(both_hear()) << "the ear keeps its rate, the call has another";
}

class SrtpCallTest : public CallTest {};

TEST_F(SrtpCallTest, EverySuite) {
  for (const SrtpProfile profile : srtp::all_srtp_profiles) {
    SCOPED_TRACE(srtp::suite_name(profile));
    options_.suites = {profile};
    make_engine();
    auto settings = config();
    settings.encryption = model::Encryption::required;
    open_talkers(settings);
    connect();
    EXPECT_TRUE(both_hear());
    EXPECT_EQ(events_a_.security.level, SecurityLevel::encrypted);
    EXPECT_EQ(events_b_.security.suite, srtp::suite_name(profile));
    EXPECT_EQ(stats(*a_).packets_rejected, 0U);
  }
}

struct TruthCase {
  model::Encryption a, b;
  bool protected_signalling;
  SecurityLevel level;
};

TEST_F(SrtpCallTest, SecurityIsNeverBetterThanTheTruth) {
  using model::Encryption;
  const std::vector<TruthCase> cases = {
      {Encryption::off, Encryption::off, true, SecurityLevel::none},
      {Encryption::preferred, Encryption::off, true, SecurityLevel::none},
      {Encryption::off, Encryption::preferred, true, SecurityLevel::none},
      {Encryption::preferred, Encryption::preferred, true, SecurityLevel::encrypted},
      {Encryption::preferred, Encryption::preferred, false, SecurityLevel::key_exposed},
      {Encryption::required, Encryption::preferred, true, SecurityLevel::encrypted},
      {Encryption::preferred, Encryption::required, true, SecurityLevel::encrypted},
  };
  for (const TruthCase& test : cases) {
    auto settings = config();
    settings.signalling_protected = test.protected_signalling;
    settings.encryption = test.a;
    a_ = engine_->open("a", settings, events_a_);
    settings.encryption = test.b;
    b_ = engine_->open("b", settings, events_b_);
    connect();
    EXPECT_EQ(stats(*a_).security.level, test.level);
    EXPECT_EQ(stats(*b_).security.level, test.level);
    EXPECT_TRUE(wait([&] {
      return events_a_.security.level == test.level && events_b_.security.level == test.level;
    }));
    a_.reset();
    b_.reset();
  }
}

TEST_F(SrtpCallTest, AWrongKeyIsCountedAndNotHeard) {
  auto settings = config();
  settings.encryption = model::Encryption::required;
  open_talkers(settings);
  const auto offered = offer(*a_);
  ASSERT_TRUE(offered);
  auto spoiled = *offered;
  for (auto& line : spoiled.streams[0].transport.sdes)
    line.key_params =
        srtp::print_key_params({srtp::SrtpKey::random(*srtp::profile_of_suite(line.suite))});
  const auto answered = answer(*b_, spoiled);
  ASSERT_TRUE(answered);
  ASSERT_TRUE(apply(*a_, "b", *answered));
  a_->choose_branch(model::BranchId("b"));
  a_->transmit(ports::Transmit::live);
  b_->transmit(ports::Transmit::live);
  EXPECT_TRUE(wait([&] { return devices_.ear("a").hears(1000); })) << "that key is right";
  EXPECT_TRUE(wait([&] { return stats(*b_).packets_rejected > 10; }));
  EXPECT_EQ(stats(*b_).received.packets, 0U);
  EXPECT_TRUE(events_b_.failures.empty()) << "bad packets never end a call";
}

TEST_F(SrtpCallTest, HoldKeepsTheKeysGoing) {
  auto settings = config();
  settings.encryption = model::Encryption::required;
  open_talkers(settings);
  connect();
  ASSERT_TRUE(both_hear());
  for (int i = 0; i < 3; ++i) {
    negotiate(*a_, *b_, Direction::send_only);
    negotiate(*b_, *a_);
  }
  devices_.ear("a").forget();
  devices_.ear("b").forget();
  EXPECT_TRUE(both_hear());
  EXPECT_EQ(stats(*a_).packets_rejected, 0U);
  EXPECT_EQ(stats(*b_).packets_rejected, 0U);
}

TEST_F(SrtpCallTest, APeerMayChangeItsKey) {
  auto settings = config();
  settings.encryption = model::Encryption::required;
  open_talkers(settings);
  connect();
  ASSERT_TRUE(both_hear());
  // A third session takes over b's end: other address, other SSRC, other keys.
  settings.playback = ear("c");
  settings.capture = tone(1500);
  NotedEvents events;
  auto c = engine_->open("c", settings, events);
  const auto offered = offer(*c);
  ASSERT_TRUE(offered);
  const auto answered = answer(*a_, *offered);
  ASSERT_TRUE(answered);
  ASSERT_TRUE(apply(*c, "a", *answered));
  c->transmit(ports::Transmit::live);
  EXPECT_TRUE(wait([&] { return devices_.ear("a").hears(1500) && devices_.ear("c").hears(440); }));
}

}  // namespace
}  // namespace commd::engine
