// Calls whose keys are agreed on in the media path, over real sockets.
#include <gtest/gtest.h>

#include "tests/unit/engine/engine_fixture.h"

namespace commd::engine {
namespace {

using model::SecurityLevel;

class DtlsCallTest : public EngineTest {
 protected:
  ports::SharedIdentity identity() {
    std::optional<base::Result<ports::SharedIdentity>> made;
    engine_->make_identity([&](auto result) { made = std::move(result); });
    EXPECT_TRUE(core_.run_until([&] { return made.has_value(); }));
    EXPECT_TRUE(*made);
    return **made;
  }
  void open_with_identities() {
    ports::MediaConfig mine = config();
    mine.encryption = model::Encryption::preferred;
    mine.identity = identity();
    mine.capture = tone(440);
    mine.playback = ear("a");
    a_ = engine_->open("a", mine, events_a_);
    mine.identity = identity();
    mine.capture = tone(1000);
    mine.playback = ear("b");
    b_ = engine_->open("b", mine, events_b_);
  }
  // a answers b, which describes an address where nothing is, and signals from the outside.
  void call_from_behind_a_translator() {
    open_with_identities();
    ports::MediaConfig mine = config();
    mine.encryption = model::Encryption::preferred;
    mine.identity = identity();
    mine.signalling_peer_ip = "192.0.2.1";
    mine.capture = tone(440);
    mine.playback = ear("a");
    a_ = engine_->open("a", mine, events_a_);
    auto offered = offer(*b_);
    ASSERT_TRUE(offered);
    b_address_ = *SocketAddress::from(offered->streams[0].transport.rtp);
    offered->streams[0].transport.rtp = {"127.0.0.77", 9999};
    const auto answered = answer(*a_, *offered);
    ASSERT_TRUE(answered);
    answered_ = *answered;
    a_->transmit(ports::Transmit::live);
  }
  // b has got that answer.
  void answer_arrives() {
    ASSERT_TRUE(apply(*b_, "a", answered_));
    b_->choose_branch(model::BranchId("a"));
    b_->transmit(ports::Transmit::live);
  }
  // a calls b and c, and c, whose certificate is not the one that it announced, speaks early: a
  // knows that when c has its keys.
  void early_branch_fails() {
    open_with_identities();
    ports::MediaConfig third = config();
    third.encryption = model::Encryption::preferred;
    third.identity = identity();
    c_ = engine_->open("c", third, events_c_);
    const auto offered = offer(*a_);
    ASSERT_TRUE(offered);
    auto early = answer(*c_, *offered);
    ASSERT_TRUE(early);
    early->streams[0].transport.dtls->fingerprint[0] ^= 1;
    ASSERT_TRUE(apply(*a_, "c", *early));
    ASSERT_TRUE(wait([&] { return events_c_.usable == std::vector<bool>{false, true}; }));
    const auto answered = answer(*b_, *offered);
    ASSERT_TRUE(answered);
    answered_ = *answered;
  }
  bool both_hear() {
    return wait([&] { return devices_.ear("a").hears(1000) && devices_.ear("b").hears(440); });
  }
  void live() {
    a_->choose_branch(model::BranchId("b"));
    a_->transmit(ports::Transmit::live);
    b_->transmit(ports::Transmit::live);
  }

  NotedEvents events_c_;
  std::unique_ptr<ports::MediaSession> c_;
  model::SessionDescription answered_;
  SocketAddress b_address_;
};

TEST_F(DtlsCallTest, BothEndsAgreeOnKeys) {
  open_with_identities();
  connect();
  EXPECT_TRUE(both_hear());
  for (const NotedEvents* events : {&events_a_, &events_b_}) {
    EXPECT_EQ(events->security.level, SecurityLevel::encrypted);
    EXPECT_EQ(events->security.mechanism, "DTLS-SRTP");
    EXPECT_EQ(events->security.suite, "AEAD_AES_128_GCM");
    EXPECT_EQ(events->usable, (std::vector<bool>{false, true}));
    EXPECT_TRUE(events->failures.empty());
  }
}

TEST_F(DtlsCallTest, SignallingInTheClearExposesNoKey) {
  ports::MediaConfig mine = config();
  mine.encryption = model::Encryption::preferred;
  mine.signalling_protected = false;
  mine.identity = identity();
  a_ = engine_->open("a", mine, events_a_);
  b_ = engine_->open("b", mine, events_b_);
  connect();
  EXPECT_TRUE(wait([&] { return events_a_.security.level == SecurityLevel::encrypted; }));
}

TEST_F(DtlsCallTest, HoldAndResumeKeepTheKeys) {
  open_with_identities();
  connect();
  ASSERT_TRUE(both_hear());
  negotiate(*a_, *b_, model::Direction::send_only);
  negotiate(*b_, *a_);
  negotiate(*a_, *b_);
  EXPECT_TRUE(both_hear());
  EXPECT_EQ(events_a_.security.mechanism, "DTLS-SRTP");
  EXPECT_EQ(events_a_.usable, (std::vector<bool>{false, true}));
  EXPECT_EQ(events_b_.usable, (std::vector<bool>{false, true}));
}

TEST_F(DtlsCallTest, AChangedFingerprintIsNoticedByWhoWasLiedTo) {
  open_with_identities();
  const auto offered = offer(*a_);
  ASSERT_TRUE(offered);
  auto answered = answer(*b_, *offered);
  ASSERT_TRUE(answered);
  ASSERT_TRUE(answered->streams[0].transport.dtls);
  answered->streams[0].transport.dtls->fingerprint[0] ^= 1;
  ASSERT_TRUE(apply(*a_, "b", *answered));
  live();
  EXPECT_TRUE(wait([&] { return !events_a_.failures.empty(); }));
  EXPECT_EQ(events_a_.failures, std::vector<std::string>{"FINGERPRINT_MISMATCH"});
  EXPECT_EQ(events_a_.security.level, SecurityLevel::none);
  EXPECT_TRUE(events_a_.flowing.empty()) << "nothing was taken from who lied";
}

TEST_F(DtlsCallTest, AFarEndBehindATranslatorIsFoundByItsHello) {
  call_from_behind_a_translator();
  answer_arrives();
  EXPECT_TRUE(both_hear());
  EXPECT_EQ(events_a_.security.mechanism, "DTLS-SRTP");
  const auto found = stats(*a_);
  EXPECT_EQ(found.remote_address, b_address_.to_string());
  EXPECT_EQ(found.packets_rejected, 0U);
  EXPECT_TRUE(events_a_.failures.empty());
}

TEST_F(DtlsCallTest, AStrangerWhoIsFasterIsNotTheFarEnd) {
  call_from_behind_a_translator();
  ports::MediaConfig other = config();
  other.encryption = model::Encryption::preferred;
  other.identity = identity();
  NotedEvents events;
  const auto stranger = engine_->open("stranger", other, events);
  ASSERT_TRUE(offer(*stranger));
  ASSERT_TRUE(apply(*stranger, "a", answered_));
  stranger->choose_branch(model::BranchId("a"));
  ASSERT_TRUE(wait([&] { return stats(*a_).packets_rejected > 0; })) << "refused, and counted";
  EXPECT_EQ(events_a_.security.level, SecurityLevel::none);
  EXPECT_TRUE(events_a_.failures.empty());
  answer_arrives();
  EXPECT_TRUE(both_hear());
  EXPECT_EQ(stats(*a_).remote_address, b_address_.to_string());
  EXPECT_TRUE(events_a_.failures.empty());
  EXPECT_TRUE(events.flowing.empty());
}

// The core chooses a branch while word of another one's keys is on its way.
TEST_F(DtlsCallTest, KeysOfABranchThatWasGivenUpProtectNoOther) {
  open_with_identities();
  TestCore late;
  MediaEngine engine({codecs_, srtp_, [&](auto task) { late.post(std::move(task)); },
                      base::null_logger(), &devices_, nullptr},
                     options_);
  ports::MediaConfig mine = config();
  mine.encryption = model::Encryption::preferred;
  mine.identity = identity();
  NotedEvents events;
  const auto forked = engine.open("forked", mine, events);
  model::SessionDescription offered;
  forked->offer(model::Direction::send_recv, [&](auto made) { offered = *made; });
  late.run_posted();
  ASSERT_FALSE(offered.streams.empty());
  const auto answered = answer(*b_, offered);
  ASSERT_TRUE(answered);
  auto another = *answered;
  another.streams[0].transport.rtp.ip = "127.0.0.77";
  another.streams[0].transport.dtls->fingerprint[0] ^= 1;
  forked->apply_answer(model::BranchId("silent"), another, [](auto) {});
  forked->apply_answer(model::BranchId("b"), *answered, [](auto) {});
  forked->transmit(ports::Transmit::live);
  late.run_posted();
  ASSERT_FALSE(events.usable.empty());
  // What b gets was sent after the keys were there, and after that was said.
  ASSERT_TRUE(wait([&] { return stats(*b_).received.packets > 0; }));
  forked->choose_branch(model::BranchId("silent"));
  late.run_posted();
  late.run_posted();
  EXPECT_EQ(events.security.level, SecurityLevel::none);
  EXPECT_EQ(events.usable, std::vector<bool>{false});
}

TEST_F(DtlsCallTest, KeysOfAnotherBranchThatFailedEndNoCall) {
  early_branch_fails();
  a_->choose_branch(model::BranchId("b"));
  ASSERT_TRUE(apply(*a_, "b", answered_));
  a_->transmit(ports::Transmit::live);
  b_->transmit(ports::Transmit::live);
  EXPECT_TRUE(both_hear());
  EXPECT_TRUE(events_a_.failures.empty());
}

TEST_F(DtlsCallTest, WhoLiedBeforeTheAnswerIsToldAtTheAnswer) {
  early_branch_fails();
  EXPECT_TRUE(events_a_.failures.empty()) << "another branch may be the call";
  a_->choose_branch(model::BranchId("c"));
  EXPECT_TRUE(wait([&] { return !events_a_.failures.empty(); }));
  EXPECT_EQ(events_a_.failures, std::vector<std::string>{"FINGERPRINT_MISMATCH"});
}

TEST_F(DtlsCallTest, NothingIsSentInTheClearMeanwhile) {
  open_with_identities();
  const auto offered = offer(*a_);
  ASSERT_TRUE(offered);
  auto answered = answer(*b_, *offered);
  ASSERT_TRUE(answered);
  b_->transmit(ports::Transmit::live);
  // b says hello to somebody who has not got its answer: it must not go on without keys.
  answered->streams[0].transport.dtls.reset();
  answered->streams[0].transport.sdes.clear();
  ASSERT_TRUE(apply(*a_, "b", *answered));
  live();
  EXPECT_TRUE(wait([&] { return stats(*a_).sent.packets > 20; }));
  EXPECT_TRUE(events_a_.flowing.empty());
  EXPECT_TRUE(events_b_.flowing.empty()) << "clear packets are not believed either";
  EXPECT_EQ(stats(*b_).sent.packets, 0U);
}

TEST_F(DtlsCallTest, AnIdentityIsReadAsItWasWritten) {
  const ports::SharedIdentity made = identity();
  std::optional<base::Result<ports::SharedIdentity>> read;
  engine_->read_identity(made->pem(), [&](auto result) { read = std::move(result); });
  ASSERT_TRUE(core_.run_until([&] { return read.has_value(); }));
  ASSERT_TRUE(*read);
  EXPECT_EQ((**read)->fingerprint(), made->fingerprint());
  EXPECT_EQ(made->fingerprint().size(), 32U);
  read.reset();
  engine_->read_identity(base::Secret("no certificate"), [&](auto result) { read = result; });
  ASSERT_TRUE(core_.run_until([&] { return read.has_value(); }));
  EXPECT_FALSE(*read);
}

}  // namespace
}  // namespace commd::engine
