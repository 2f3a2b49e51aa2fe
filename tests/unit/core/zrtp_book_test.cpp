#include "daemon/core/zrtp_book.h"

#include "tests/unit/core/core_fixture.h"

namespace commd::core {
namespace {

const std::string kBob(24, 'b');
const std::string kOther(24, 'c');

model::ZrtpAgreement agreement(const std::string& peer, char secret = 'S', bool verified = false) {
  model::ZrtpAgreement made;
  made.peer = peer;
  made.sas = "x19g";
  made.verified = verified;
  made.next.rs1 = base::Secret(std::string(32, secret));
  return made;
}

class ZrtpBookTest : public ::testing::Test {
 protected:
  std::unique_ptr<ZrtpBook> book() {
    auto made = std::make_unique<ZrtpBook>(secrets, clock, base::null_logger());
    made->prepare();
    return made;
  }
  fakes::FakeSecrets secrets;
  fakes::ManualClock clock;
};

TEST_F(ZrtpBookTest, KeepsItsNameAndWhatItLearnt) {
  auto first = book();
  const std::string zid = first->memory()->zid;
  EXPECT_EQ(zid.size(), 24U);
  EXPECT_FALSE(first->learn("sip:Bob@Example.org;transport=tcp", agreement(kBob, '\x01')));
  first->verify("sip:bob@example.org", agreement(kBob, '\x01'), true);
  auto next = book();
  EXPECT_EQ(next->memory()->zid, zid);
  ASSERT_EQ(next->memory()->peers.count(kBob), 1U);
  EXPECT_EQ(next->memory()->peers.at(kBob).rs1.reveal(), std::string(32, '\x01'));
  EXPECT_TRUE(next->memory()->peers.at(kBob).verified);
  EXPECT_EQ(secrets.kept.size(), 1U);
}

TEST_F(ZrtpBookTest, BothSecretsAreKept) {
  auto first = book();
  model::ZrtpAgreement second = agreement(kBob, 'N', true);
  second.next.rs2 = base::Secret(std::string(32, '\xFE'));
  first->learn("sip:bob@example.org", second);
  const auto kept = book()->memory()->peers.at(kBob);
  EXPECT_EQ(kept.rs1.reveal(), std::string(32, 'N'));
  EXPECT_EQ(kept.rs2.reveal(), std::string(32, '\xFE'));
  EXPECT_TRUE(kept.verified);
}

// Section 4.6.1.1: somebody in between must not make us forget whom we know.
TEST_F(ZrtpBookTest, AMismatchIsToldAndReplacesNothingBeforeAPersonSaysSo) {
  auto first = book();
  first->learn("sip:bob@example.org", agreement(kBob, 'S'));
  first->verify("sip:bob@example.org", agreement(kBob, 'S'), true);
  model::ZrtpAgreement strange = agreement(kBob, 'X');
  strange.mismatch = true;
  EXPECT_TRUE(first->learn("sip:bob@example.org", strange));
  EXPECT_EQ(first->memory()->peers.at(kBob).rs1.reveal(), std::string(32, 'S'));
  EXPECT_TRUE(first->memory()->peers.at(kBob).verified);
  first->verify("sip:bob@example.org", strange, true);
  EXPECT_EQ(first->memory()->peers.at(kBob).rs1.reveal(), std::string(32, 'X'));
}

// One that lost its memory has a new name: no secret differs, and yet it may be anybody.
TEST_F(ZrtpBookTest, AnotherEndOfAVerifiedPersonIsTold) {
  auto first = book();
  first->learn("sip:bob@example.org", agreement(kBob));
  EXPECT_FALSE(first->learn("sip:bob@example.org", agreement(kOther))) << "nobody was verified";
  first->verify("sip:bob@example.org", agreement(kBob), true);
  EXPECT_TRUE(first->learn("sip:bob@example.org", agreement(kOther)));
  EXPECT_FALSE(first->learn("sip:carol@example.org", agreement(kOther))) << "somebody else";
  EXPECT_FALSE(first->learn("sip:bob@example.org", agreement(kBob, 'T', true)));
}

TEST_F(ZrtpBookTest, WhatWasSaidCanBeTakenBack) {
  auto first = book();
  first->learn("sip:bob@example.org", agreement(kBob));
  first->verify("sip:bob@example.org", agreement(kBob), true);
  first->verify("sip:bob@example.org", agreement(kBob), false);
  EXPECT_FALSE(book()->memory()->peers.at(kBob).verified);
}

TEST_F(ZrtpBookTest, SecretsAreKeptAsLongAsBothWant) {
  auto first = book();
  model::ZrtpAgreement brief = agreement(kBob);
  brief.keep_s = 60;
  first->learn("sip:bob@example.org", brief);
  model::ZrtpAgreement none = agreement(kOther);
  none.keep_s = 0;
  first->learn("sip:carol@example.org", none);
  EXPECT_EQ(book()->memory()->peers.size(), 1U);
  clock.wall += std::chrono::minutes(2);
  EXPECT_EQ(book()->memory()->peers.size(), 0U);
}

TEST_F(ZrtpBookTest, TheUnverifiedGiveWayFirst) {
  auto first = book();
  first->learn("sip:bob@example.org", agreement(kBob, 'S', true));
  for (size_t i = 0; i < ZrtpBook::most_peers + 5; ++i) {
    std::string zid = std::to_string(i);
    zid.insert(0, 24 - zid.size(), '0');
    clock.wall += std::chrono::seconds(1);
    first->learn("sip:x@example.org", agreement(zid));
  }
  EXPECT_EQ(first->memory()->peers.size(), ZrtpBook::most_peers);
  EXPECT_EQ(first->memory()->peers.count(kBob), 1U);
}

TEST_F(ZrtpBookTest, AKeyringThatIsLockedIsNoReasonToBeginAnew) {
  const std::string zid = book()->memory()->zid;
  secrets.available = false;
  auto next = book();
  EXPECT_EQ(next->memory(), nullptr);
  EXPECT_FALSE(next->learn("sip:bob@example.org", agreement(kBob)));
  secrets.available = true;
  next->prepare();
  ASSERT_NE(next->memory(), nullptr);
  EXPECT_EQ(next->memory()->zid, zid);
}

TEST_F(ZrtpBookTest, ATornFileLosesTornLinesAlone) {
  auto first = book();
  const std::string zid = first->memory()->zid;
  first->learn("sip:bob@example.org", agreement(kBob));
  auto& kept = secrets.kept.begin()->second;
  kept = base::Secret("peer\npeer 12 34\njunk\n\n" + std::string(kept.reveal()) + "peer " + kOther +
                      " 0123");
  const auto again = book()->memory();
  EXPECT_EQ(again->zid, zid);
  EXPECT_EQ(again->peers.size(), 1U);
}

class ZrtpWordsTest : public CoreFixture {
 protected:
  void SetUp() override {
    start();
    model::AccountSettings settings;
    settings.zrtp = true;
    add_account("sip:alice@example.org", settings);
  }
  void agree(const model::ZrtpAgreement& made) {
    model::CallSecurity security{model::SecurityLevel::encrypted, "ZRTP", "suite"};
    security.sas = made.sas;
    session().observer.zrtp_agreed(made);
    session().observer.media_changed("opus/48000", security);
  }
  base::Result<model::Call> verify(bool verified = true) {
    return told([&](auto done) { core->calls().verify("", verified, std::move(done)); });
  }
  std::vector<std::string> notices() {
    std::vector<std::string> reasons;
    for (const model::Event& event : encoder.events)
      if (const auto* notice = std::get_if<model::Notice>(&event.body))
        reasons.push_back(notice->reason);
    return reasons;
  }
};

TEST_F(ZrtpWordsTest, APersonVerifiesTheWords) {
  const model::Call call = talk_out();
  EXPECT_EQ(verify().error().reason, "NO_WORDS");
  agree(agreement(kBob));
  EXPECT_EQ(now(call.id).security.sas, "x19g");
  EXPECT_EQ(now(call.id).security.level, model::SecurityLevel::encrypted);
  ASSERT_TRUE(verify());
  EXPECT_EQ(now(call.id).security.level, model::SecurityLevel::verified);
  EXPECT_TRUE(now(call.id).security.verified_here);
  // The media does not know, and says again what it said before.
  model::CallSecurity security{model::SecurityLevel::encrypted, "ZRTP", "suite"};
  security.sas = "x19g";
  session().observer.media_changed("PCMU/8000", security);
  EXPECT_EQ(now(call.id).security.level, model::SecurityLevel::verified);
  ASSERT_TRUE(verify(false));
  EXPECT_EQ(now(call.id).security.level, model::SecurityLevel::encrypted);
  EXPECT_EQ(notices(), std::vector<std::string>{});
}

TEST_F(ZrtpWordsTest, OtherWordsAreNotVerifiedByTheOldOnes) {
  const model::Call call = talk_out();
  agree(agreement(kBob));
  ASSERT_TRUE(verify());
  model::CallSecurity security{model::SecurityLevel::encrypted, "ZRTP", "suite"};
  security.sas = "aaaa";
  session().observer.media_changed("opus/48000", security);
  EXPECT_EQ(now(call.id).security.level, model::SecurityLevel::encrypted);
  EXPECT_FALSE(now(call.id).security.verified_here);
}

TEST_F(ZrtpWordsTest, AStrangerInTheirPlaceIsToldLoudly) {
  const model::Call first = talk_out();
  agree(agreement(kBob));
  ASSERT_TRUE(verify());
  core->calls().hang_up(first.id.str(), [](const auto&) {});
  const model::Call second = talk_out();
  agree(agreement(kOther));
  EXPECT_EQ(notices(), std::vector<std::string>{"ZRTP_MISMATCH"});
  EXPECT_TRUE(now(second.id).security.mismatch);
  EXPECT_EQ(now(second.id).security.level, model::SecurityLevel::encrypted);
  ASSERT_TRUE(verify());
  EXPECT_FALSE(now(second.id).security.mismatch);
}

// Taken away by somebody in between, or another device: whoever was verified has to be so again.
TEST_F(ZrtpWordsTest, ACallWithoutTheWordsOfAVerifiedPersonIsTold) {
  const model::CallSecurity other{model::SecurityLevel::encrypted, "DTLS-SRTP", "suite"};
  const model::Call unknown = talk_out();
  session().observer.media_changed("opus/48000", other);
  EXPECT_EQ(notices(), std::vector<std::string>{}) << "nobody is known yet";
  core->calls().hang_up(unknown.id.str(), [](const auto&) {});
  const model::Call first = talk_out();
  agree(agreement(kBob));
  ASSERT_TRUE(verify());
  core->calls().hang_up(first.id.str(), [](const auto&) {});
  const model::Call second = talk_out();
  session().observer.traced(
      {model::TraceStep::Kind::keys, "KEYS_AWAITED", "", {{"by", "DTLS"}}, {}, 1});
  session().observer.media_changed("opus/48000", {});
  EXPECT_EQ(notices(), std::vector<std::string>{}) << "it is not known yet";
  session().observer.traced({model::TraceStep::Kind::keys, "KEYS_AGREED", "", {}, {}, 1});
  session().observer.media_changed("opus/48000", other);
  session().observer.media_changed("PCMU/8000", other);
  EXPECT_EQ(notices(), std::vector<std::string>{"ZRTP_MISSING"});
  std::vector<model::Finding> findings;
  core->calls().explain(second.id.str(), [&](auto told) { findings = told->findings; });
  EXPECT_TRUE(std::ranges::any_of(
      findings, [](const model::Finding& one) { return one.code == "ZRTP_MISSING"; }));
}

TEST_F(ZrtpWordsTest, OnlyAccountsThatAskForItSpeakIt) {
  talk_out();
  ASSERT_NE(session().config.zrtp, nullptr);
  ring_in();
  EXPECT_NE(media.asked_with.zrtp, nullptr) << "whoever is called, too";
  add_account("sip:quiet@example.net");
  PlaceCall request;
  request.address = "sip:bob@example.net";
  request.account = "sip:quiet@example.net";
  place(std::move(request));
  EXPECT_EQ(media.sessions.back()->config.zrtp, nullptr);
}

}  // namespace
}  // namespace commd::core
