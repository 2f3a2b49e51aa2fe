// ZRTP in offers and answers (RFC 6189, section 8), and calls whose keys come of it, over real
// sockets.
#include <gtest/gtest.h>

#include "tests/unit/engine/descriptions.h"
#include "tests/unit/engine/engine_fixture.h"

namespace commd::engine {
namespace {

using model::Direction;
using model::Encryption;
using model::SecurityLevel;
using Manner = zrtp::ZrtpOptions::Manner;

std::shared_ptr<model::ZrtpMemory> memory(char digit) {
  auto made = std::make_shared<model::ZrtpMemory>();
  made->zid.assign(24, digit);
  return made;
}

NegotiationPolicy zrtp_policy(char digit, Encryption encryption = Encryption::preferred) {
  NegotiationPolicy result = policy(encryption);
  result.fingerprint.assign(32, 0xA1);
  result.zrtp = zrtp_self(memory(digit));
  return result;
}

model::SessionDescription must_offer(Negotiator& negotiator) {
  const auto made = negotiator.offer(Direction::send_recv, local_transport());
  EXPECT_TRUE(made);
  return made ? *made : model::SessionDescription();
}

TEST(ZrtpOffer, TwoThatHaveItOnTakeItBeforeAllElse) {
  Negotiator caller(zrtp_policy('a'));
  Negotiator callee(zrtp_policy('b'));
  const auto offered = must_offer(caller);
  const auto& said = offered.streams[0].transport;
  EXPECT_TRUE(zrtp::read_signalled_hash(said.zrtp_hash));
  EXPECT_TRUE(said.dtls);
  EXPECT_FALSE(said.sdes.empty());
  const auto answer = must_answer(callee, offered);
  const auto& answered = answer.description.streams[0].transport;
  EXPECT_TRUE(answered.sdes.empty());
  EXPECT_FALSE(answered.dtls);
  ASSERT_TRUE(answer.plan.zrtp);
  EXPECT_FALSE(answer.plan.keys || answer.plan.dtls);
  EXPECT_EQ(answer.plan.zrtp->manner, Manner::prompt);
  const auto plan = caller.apply_answer(answer.description);
  ASSERT_TRUE(plan);
  ASSERT_TRUE(plan->zrtp);
  EXPECT_EQ(plan->zrtp->manner, Manner::patient);
  EXPECT_EQ(plan->zrtp->peer, *zrtp::read_signalled_hash(answered.zrtp_hash));
}

TEST(ZrtpOffer, OneThatHasItOffIsCalledAsEver) {
  Negotiator caller(zrtp_policy('a'));
  NegotiationPolicy plain = policy(Encryption::preferred);
  plain.fingerprint.assign(32, 0xB2);
  Negotiator callee(plain);
  const auto answer = must_answer(callee, must_offer(caller));
  EXPECT_TRUE(answer.plan.dtls);
  EXPECT_EQ(answer.description.streams[0].transport.zrtp_hash, "");
  const auto planned = caller.apply_answer(answer.description);
  ASSERT_TRUE(planned);
  EXPECT_TRUE(planned->dtls);
  EXPECT_FALSE(planned->zrtp);
}

TEST(ZrtpOffer, AnAnswerWithOtherKeysMeansThose) {
  Negotiator caller(zrtp_policy('a'));
  auto offered = must_offer(caller);
  auto answer = basic_offer();
  answer.streams[0].mid = offered.streams[0].mid;
  answer.streams[0].transport.zrtp_hash = zrtp_self(memory('b'))->hello.signalled();
  const auto& line = offered.streams[0].transport.sdes[0];
  answer.streams[0].transport.sdes = {crypto(line.tag, *srtp::profile_of_suite(line.suite))};
  const auto planned = caller.apply_answer(answer);
  ASSERT_TRUE(planned);
  EXPECT_TRUE(planned->keys);
  EXPECT_FALSE(planned->zrtp);
}

TEST(ZrtpOffer, WhatIsNoHashIsNone) {
  for (const char* hash : {"1.10 1234", "2.00 x", "", "1.10 "}) {
    Negotiator callee(zrtp_policy('b'));
    auto offer = basic_offer();
    offer.streams[0].transport.zrtp_hash = hash;
    EXPECT_FALSE(must_answer(callee, offer).plan.zrtp) << hash;
  }
}

TEST(ZrtpOffer, OffIsOff) {
  Negotiator callee(zrtp_policy('b', Encryption::off));
  Negotiator caller(zrtp_policy('a'));
  EXPECT_FALSE(must_answer(callee, must_offer(caller)).plan.zrtp);
  EXPECT_EQ(zrtp_self(nullptr), nullptr);
  EXPECT_EQ(zrtp_self(std::make_shared<model::ZrtpMemory>()), nullptr);
}

// Nobody in the signalling's way learns a key of ZRTP, so that it is enough for who insists.
TEST(ZrtpOffer, RequiredIsSatisfiedWithoutProtectedSignalling) {
  NegotiationPolicy strict = zrtp_policy('a', Encryption::required);
  strict.signalling_protected = false;
  Negotiator caller(strict);
  const auto offered = must_offer(caller);
  EXPECT_TRUE(offered.streams[0].transport.sdes.empty());
  EXPECT_FALSE(offered.streams[0].transport.dtls);
  EXPECT_TRUE(offered.streams[0].secure_profile);
  NegotiationPolicy other = zrtp_policy('b', Encryption::required);
  other.signalling_protected = false;
  Negotiator callee(other);
  ASSERT_TRUE(callee.acceptable(offered));
  const auto answer = must_answer(callee, offered);
  ASSERT_TRUE(answer.plan.zrtp);
  ASSERT_TRUE(caller.apply_answer(answer.description));
  // But not what else there is.
  auto stripped = offered;
  stripped.streams[0].transport.zrtp_hash.clear();
  EXPECT_EQ(Negotiator(other).acceptable(stripped).error().reason, "ENCRYPTION_REQUIRED");
}

TEST(ZrtpOffer, AStrippedAnswerIsNotTakenWhereEncryptionIsRequired) {
  Negotiator caller(zrtp_policy('a', Encryption::required));
  const auto offered = must_offer(caller);
  auto answer = basic_offer();
  answer.streams[0].mid = offered.streams[0].mid;
  answer.streams[0].secure_profile = true;
  const auto planned = caller.apply_answer(answer);
  ASSERT_FALSE(planned);
  EXPECT_EQ(planned.error().reason, "ENCRYPTION_REQUIRED");
}

TEST(ZrtpOffer, ALaterOneKeepsWhatIsInUse) {
  Negotiator caller(zrtp_policy('a'));
  Negotiator callee(zrtp_policy('b'));
  const auto first = must_answer(callee, must_offer(caller));
  const auto plan = *caller.apply_answer(first.description);
  const auto again = must_offer(callee);
  EXPECT_TRUE(again.streams[0].transport.sdes.empty());
  EXPECT_FALSE(again.streams[0].transport.dtls);
  const auto answer = must_answer(caller, again);
  ASSERT_TRUE(answer.plan.zrtp);
  EXPECT_TRUE(answer.plan.zrtp == plan.zrtp) << "the same association";
}

class ZrtpCallTest : public EngineTest {
 protected:
  struct Ears : NotedEvents {
    void zrtp_agreed(const model::ZrtpAgreement& made) override { agreements.push_back(made); }
    std::vector<model::ZrtpAgreement> agreements;
  };
  void open() {
    a_.reset();
    b_.reset();
    first_ = {};
    second_ = {};
    ports::MediaConfig mine = config();
    mine.encryption = Encryption::preferred;
    mine.signalling_protected = false;
    mine.zrtp = memory_a_;
    mine.capture = tone(440);
    mine.playback = ear("a");
    a_ = engine_->open("a", mine, first_);
    mine.zrtp = memory_b_;
    mine.capture = tone(1000);
    mine.playback = ear("b");
    b_ = engine_->open("b", mine, second_);
  }
  // Calls whose words a has compared, up to b's answer.
  void answered_by_one_who_is_known() {
    open();
    connect();
    ASSERT_TRUE(both_agreed());
    memory_a_->peers[memory_b_->zid] = first_.agreements[0].next;
    memory_b_->peers[memory_a_->zid] = second_.agreements[0].next;
    memory_a_->peers[memory_b_->zid].verified = true;
    open();
    const auto offered = offer(*a_);
    ASSERT_TRUE(offered);
    const auto answered = answer(*b_, *offered);
    ASSERT_TRUE(answered);
    answered_ = *answered;
    ASSERT_TRUE(apply(*a_, "b", answered_));
    ASSERT_TRUE(wait([&] { return first_.security.level == SecurityLevel::verified; }));
  }
  // Its keys are never there.
  model::SessionDescription of_another(model::SessionDescription description) {
    description.streams[0].transport.zrtp_hash = zrtp_self(memory('c'))->hello.signalled();
    return description;
  }
  void expect_nothing_of_the_one_before() {
    EXPECT_EQ(first_.security.level, SecurityLevel::encrypted);
    EXPECT_EQ(first_.security.sas, "");
    EXPECT_FALSE(first_.security.verified_here);
    EXPECT_FALSE(first_.security.verified_there);
    EXPECT_FALSE(first_.usable.back());
  }
  bool both_hear() {
    return wait([&] { return devices_.ear("a").hears(1000) && devices_.ear("b").hears(440); });
  }
  bool both_agreed() {
    return wait([&] { return first_.agreements.size() + second_.agreements.size() == 2; });
  }

  std::shared_ptr<model::ZrtpMemory> memory_a_ = memory('a');
  std::shared_ptr<model::ZrtpMemory> memory_b_ = memory('b');
  model::SessionDescription answered_;
  Ears first_;
  Ears second_;
};

TEST_F(ZrtpCallTest, BothEndsAgreeAndHear) {
  open();
  connect();
  ASSERT_TRUE(both_agreed());
  EXPECT_TRUE(both_hear());
  for (const Ears* events : {&first_, &second_}) {
    EXPECT_EQ(events->security.level, SecurityLevel::encrypted);
    EXPECT_EQ(events->security.mechanism, "ZRTP");
    EXPECT_EQ(events->security.suite, "AES_256_CM_HMAC_SHA1_80");
    EXPECT_EQ(events->security.sas.size(), 4U);
    EXPECT_EQ(events->usable, (std::vector<bool>{false, true}));
    EXPECT_TRUE(events->failures.empty());
  }
  EXPECT_EQ(first_.security.sas, second_.security.sas);
  EXPECT_EQ(first_.agreements[0].peer, memory_b_->zid);
}

// It describes an address where nothing is, and signals from the outside.
TEST_F(ZrtpCallTest, AFarEndBehindATranslatorIsFoundByItsHello) {
  open();
  ports::MediaConfig mine = config();
  mine.encryption = Encryption::preferred;
  mine.zrtp = memory_a_;
  mine.signalling_peer_ip = "192.0.2.1";
  mine.capture = tone(440);
  mine.playback = ear("a");
  a_ = engine_->open("a", mine, first_);
  auto offered = offer(*b_);
  ASSERT_TRUE(offered);
  const SocketAddress there = *SocketAddress::from(offered->streams[0].transport.rtp);
  offered->streams[0].transport.rtp = {"127.0.0.77", 9999};
  const auto answered = answer(*a_, *offered);
  ASSERT_TRUE(answered);
  ASSERT_TRUE(apply(*b_, "a", *answered));
  b_->choose_branch(model::BranchId("a"));
  a_->transmit(ports::Transmit::live);
  b_->transmit(ports::Transmit::live);
  ASSERT_TRUE(both_agreed());
  EXPECT_TRUE(both_hear());
  EXPECT_EQ(stats(*a_).remote_address, there.to_string());
  EXPECT_TRUE(first_.failures.empty());
}

TEST_F(ZrtpCallTest, TheNextCallIsRecognised) {
  open();
  connect();
  ASSERT_TRUE(both_agreed());
  memory_a_->peers[memory_b_->zid] = first_.agreements[0].next;
  memory_b_->peers[memory_a_->zid] = second_.agreements[0].next;
  memory_a_->peers[memory_b_->zid].verified = true;
  open();
  connect();
  ASSERT_TRUE(both_agreed());
  EXPECT_EQ(first_.security.level, SecurityLevel::verified);
  EXPECT_TRUE(first_.security.verified_here);
  EXPECT_EQ(second_.security.level, SecurityLevel::encrypted);
  EXPECT_TRUE(second_.security.verified_there);
  memory_b_->peers.clear();
  open();
  connect();
  ASSERT_TRUE(both_agreed());
  EXPECT_TRUE(first_.agreements[0].mismatch);
  EXPECT_EQ(first_.security.level, SecurityLevel::encrypted);
}

TEST_F(ZrtpCallTest, HoldAndResumeKeepTheKeysAndTheWords) {
  open();
  connect();
  ASSERT_TRUE(both_agreed());
  const std::string words = first_.security.sas;
  negotiate(*a_, *b_, Direction::send_only);
  negotiate(*b_, *a_);
  negotiate(*a_, *b_);
  EXPECT_TRUE(both_hear());
  EXPECT_EQ(first_.security.sas, words);
  EXPECT_EQ(first_.agreements.size(), 1U);
  EXPECT_EQ(first_.usable, (std::vector<bool>{false, true}));
}

TEST_F(ZrtpCallTest, WordsOfAnEarlyBranchAreNotThoseOfTheNext) {
  answered_by_one_who_is_known();
  auto another = of_another(answered_);
  another.streams[0].transport.rtp.ip = "127.0.0.77";
  ASSERT_TRUE(apply(*a_, "c", another));
  a_->choose_branch(model::BranchId("c"));
  stats(*a_);
  expect_nothing_of_the_one_before();
}

TEST_F(ZrtpCallTest, WordsEndWithTheFarEndTheyAreOf) {
  answered_by_one_who_is_known();
  a_->choose_branch(model::BranchId("b"));
  const auto offered = offer(*a_);
  ASSERT_TRUE(offered);
  const auto answered = answer(*b_, *offered);
  ASSERT_TRUE(answered);
  ASSERT_TRUE(apply(*a_, "b", of_another(*answered)));
  expect_nothing_of_the_one_before();
}

TEST_F(ZrtpCallTest, NothingIsSentInTheClearMeanwhile) {
  open();
  const auto offered = offer(*a_);
  ASSERT_TRUE(offered);
  auto answered = answer(*b_, *offered);
  ASSERT_TRUE(answered);
  b_->transmit(ports::Transmit::live);
  // b speaks ZRTP to somebody who was told of none.
  answered->streams[0].transport.zrtp_hash.clear();
  ASSERT_TRUE(apply(*a_, "b", *answered));
  a_->choose_branch(model::BranchId("b"));
  a_->transmit(ports::Transmit::live);
  EXPECT_TRUE(wait([&] { return stats(*a_).sent.packets > 20; }));
  EXPECT_TRUE(first_.flowing.empty());
  EXPECT_TRUE(second_.flowing.empty()) << "clear packets are not believed either";
  EXPECT_EQ(stats(*b_).sent.packets, 0U);
}

TEST_F(ZrtpCallTest, TwoAccountsOfOneDaemonDoWithoutIt) {
  memory_b_ = memory_a_;
  open();
  connect();
  EXPECT_TRUE(both_hear());
  EXPECT_EQ(first_.security.mechanism, "SDES");
  for (const Ears* events : {&first_, &second_}) {
    EXPECT_TRUE(events->agreements.empty());
    EXPECT_TRUE(events->failures.empty());
  }
}

TEST_F(ZrtpCallTest, WhoNeedsItIsToldThatOneDaemonCannot) {
  ports::MediaConfig strict = config();
  strict.encryption = Encryption::required;
  strict.signalling_protected = false;
  strict.zrtp = memory_a_;
  a_ = engine_->open("a", strict, first_);
  const auto offered = offer(*a_);
  ASSERT_TRUE(offered);
  ports::MediaConfig lenient = strict;
  lenient.encryption = Encryption::preferred;
  for (const ports::MediaConfig& mine : {strict, lenient}) {
    const auto fits = engine_->acceptable(*offered, mine);
    ASSERT_FALSE(fits);
    EXPECT_EQ(fits.error().reason, "ENCRYPTION_REQUIRED");
    EXPECT_NE(fits.error().message.find("accounts of this daemon"), std::string::npos);
  }
  a_.reset();
  EXPECT_TRUE(engine_->acceptable(*offered, strict)) << "whoever said that is gone";
}

// Two daemons with one name: one is a copy of the other.
TEST_F(ZrtpCallTest, ACopyOfADaemonIsToldAtOnce) {
  memory_b_ = memory_a_;
  open();
  MediaEngine copy({codecs_, srtp_, [this](auto task) { core_.post(std::move(task)); },
                    base::null_logger(), &devices_, nullptr},
                   options_);
  ports::MediaConfig mine = config();
  mine.encryption = Encryption::preferred;
  mine.zrtp = memory_b_;
  b_ = copy.open("b", mine, second_);
  const auto offered = offer(*a_);
  const auto answered = answer(*b_, *offered);
  a_->choose_branch(model::BranchId("b"));
  EXPECT_TRUE(apply(*a_, "b", *answered));
  // Whoever hears the other first says no more, and its daemon ends the call.
  EXPECT_TRUE(wait([&] { return !first_.failures.empty() || !second_.failures.empty(); }));
  for (const Ears* events : {&first_, &second_})
    for (const std::string& reason : events->failures) EXPECT_EQ(reason, "ZRTP_SAME_END");
  b_.reset();
}

}  // namespace
}  // namespace commd::engine
