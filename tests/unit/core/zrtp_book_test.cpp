#include "daemon/core/zrtp_book.h"

#include "tests/unit/core/core_fixture.h"

namespace commd::core {
namespace {

const std::string kBob(24, 'b');
const std::string kOther(24, 'c');

// The new secret, and the one by which both ends have known each other; 0: none.
model::ZrtpAgreement agreement(const std::string& peer, char secret = 'S', char shared = 0) {
  model::ZrtpAgreement made;
  made.peer = peer;
  made.sas = "x19g";
  made.next.rs1 = base::Secret(std::string(32, secret));
  if (shared != 0) made.next.rs2 = base::Secret(std::string(32, shared));
  return made;
}

class ZrtpBookTest : public ::testing::Test {
 protected:
  std::unique_ptr<ZrtpBook> book() {
    auto made = std::make_unique<ZrtpBook>(
        secrets, clock, timers, [this](const base::Error& error) { told.push_back(error.reason); },
        base::null_logger());
    made->set_began([this] { ++began; });
    if (began > 0) made->expect_one();
    made->prepare();
    return made;
  }
  fakes::FakeSecrets secrets;
  fakes::ManualClock clock;
  fakes::ManualTimers timers{clock};
  std::vector<std::string> told;
  int began = 0;
};

TEST_F(ZrtpBookTest, KeepsItsNameAndWhatItLearnt) {
  auto first = book();
  const std::string zid = first->memory()->zid;
  EXPECT_EQ(zid.size(), 24U);
  EXPECT_TRUE(
      first->learn("sips:Bob@Example.org:5061;transport=tcp", agreement(kBob, '\x01')).kept);
  first->verify("sip:bob@example.org", agreement(kBob, '\x01'), true, true);
  auto next = book();
  EXPECT_EQ(next->memory()->zid, zid);
  ASSERT_EQ(next->memory()->peers.count(kBob), 1U);
  EXPECT_EQ(next->memory()->peers.at(kBob).rs1.reveal(), std::string(32, '\x01'));
  EXPECT_TRUE(next->memory()->peers.at(kBob).verified);
  EXPECT_EQ(secrets.kept.size(), 1U);
}

TEST_F(ZrtpBookTest, BothSecretsAreKept) {
  auto first = book();
  first->learn("sip:bob@example.org", agreement(kBob, '\xFE'));
  first->verify("sip:bob@example.org", agreement(kBob, '\xFE'), true, true);
  first->learn("sip:bob@example.org", agreement(kBob, 'N', '\xFE'));
  const auto kept = book()->memory()->peers.at(kBob);
  EXPECT_EQ(kept.rs1.reveal(), std::string(32, 'N'));
  EXPECT_EQ(kept.rs2.reveal(), std::string(32, '\xFE'));
  EXPECT_TRUE(kept.verified);
}

// Section 4.6.1.1: somebody in between must not make us forget whom we know.
TEST_F(ZrtpBookTest, AMismatchIsToldAndReplacesNothingBeforeAPersonSaysSo) {
  auto first = book();
  first->learn("sip:bob@example.org", agreement(kBob, 'S'));
  first->verify("sip:bob@example.org", agreement(kBob, 'S'), true, true);
  model::ZrtpAgreement strange = agreement(kBob, 'X');
  strange.mismatch = true;
  const ZrtpBook::Known known = first->learn("sip:bob@example.org", strange);
  EXPECT_TRUE(known.mismatch);
  EXPECT_FALSE(known.verified);
  EXPECT_FALSE(known.kept);
  EXPECT_EQ(first->memory()->peers.at(kBob).rs1.reveal(), std::string(32, 'S'));
  EXPECT_TRUE(first->memory()->peers.at(kBob).verified);
  first->verify("sip:bob@example.org", strange, false, true);
  EXPECT_EQ(first->memory()->peers.at(kBob).rs1.reveal(), std::string(32, 'X'));
  // That was a mistake.
  first->verify("sip:bob@example.org", strange, false, false);
  EXPECT_EQ(first->memory()->peers.at(kBob).rs1.reveal(), std::string(32, 'S'));
  EXPECT_TRUE(first->memory()->peers.at(kBob).verified);
}

// A session may have begun before what is known now.
TEST_F(ZrtpBookTest, WhatIsKnownNowCounts) {
  auto first = book();
  first->learn("sip:bob@example.org", agreement(kBob, 'S'));
  first->verify("sip:bob@example.org", agreement(kBob, 'S'), true, true);
  EXPECT_TRUE(first->learn("sip:bob@example.org", agreement(kBob, 'X')).mismatch)
      << "the session knew nothing of him";
  EXPECT_EQ(first->memory()->peers.at(kBob).rs1.reveal(), std::string(32, 'S'));
  // Two calls at once: each has the secret of the last one before both.
  EXPECT_TRUE(first->learn("sip:bob@example.org", agreement(kBob, 'T', 'S')).verified);
  model::ZrtpAgreement other = agreement(kBob, 'U', 'S');
  other.verified = false;
  EXPECT_TRUE(first->learn("sip:bob@example.org", other).verified);
  // A word on the older one leaves the newer one's secret.
  first->verify("sip:bob@example.org", agreement(kBob, 'T', 'S'), true, true);
  EXPECT_EQ(first->memory()->peers.at(kBob).rs1.reveal(), std::string(32, 'U'));
}

// One that lost its memory has a new name: no secret differs, and yet it may be anybody.
TEST_F(ZrtpBookTest, AnotherEndOfAVerifiedPersonIsTold) {
  auto first = book();
  first->learn("sip:bob@example.org", agreement(kBob));
  EXPECT_FALSE(first->learn("sip:bob@example.org", agreement(kOther)).mismatch)
      << "nobody was verified";
  first->verify("sip:bob@example.org", agreement(kBob), true, true);
  EXPECT_TRUE(first->learn("sip:bob@example.org", agreement(kOther, 'T', 'S')).mismatch);
  EXPECT_TRUE(first->learn("sips:bob@example.org:5061", agreement(kOther, 'U', 'T')).mismatch);
  EXPECT_FALSE(first->learn("sip:carol@example.org", agreement(kOther, 'V', 'U')).mismatch)
      << "somebody else";
  EXPECT_FALSE(first->learn("sip:bob@example.org", agreement(kBob, 'T', 'S')).mismatch);
}

// Who was verified as himself is not verified as another.
TEST_F(ZrtpBookTest, AVerifiedEndAtAnotherAddressIsShownAsWhomItWas) {
  auto first = book();
  first->learn("sip:mallory@example.org", agreement(kOther));
  first->verify("sip:mallory@example.org", agreement(kOther), true, true);
  ZrtpBook::Known known = first->learn("sip:bob@example.org", agreement(kOther, 'T', 'S'));
  EXPECT_EQ(known.known_as, "sip:mallory@example.org");
  EXPECT_TRUE(known.verified) << "the same end, whoever it says it is";
  EXPECT_FALSE(first->knows("sip:bob@example.org"));
  // Bob is known: that end is none of his.
  first->learn("sip:bob@example.org", agreement(kBob));
  first->verify("sip:bob@example.org", agreement(kBob), true, true);
  known = first->learn("sip:bob@example.org", agreement(kOther, 'U', 'T'));
  EXPECT_TRUE(known.mismatch);
  EXPECT_FALSE(known.verified);
  // A person may have two addresses: who says so is not asked again.
  EXPECT_EQ(first->learn("xmpp:bob@example.net", agreement(kBob, 'B', 'S')).known_as,
            "sip:bob@example.org");
  first->verify("xmpp:bob@example.net", agreement(kBob, 'B', 'S'), true, true);
  EXPECT_EQ(first->learn("xmpp:bob@example.net", agreement(kBob, 'C', 'B')).known_as, "");
  EXPECT_EQ(first->learn("sip:bob@example.org", agreement(kBob, 'D', 'C')).known_as, "");
  EXPECT_EQ(book()->learn("sip:bob@example.org", agreement(kBob, 'E', 'D')).known_as, "");
}

TEST_F(ZrtpBookTest, WhatWasSaidCanBeTakenBack) {
  auto first = book();
  first->learn("sip:bob@example.org", agreement(kBob));
  first->verify("sip:bob@example.org", agreement(kBob), true, true);
  first->verify("sip:bob@example.org", agreement(kBob), true, false);
  EXPECT_FALSE(book()->memory()->peers.at(kBob).verified);
}

TEST_F(ZrtpBookTest, WhoCannotKeepIsTold) {
  auto first = book();
  secrets.available = false;
  first->learn("sip:bob@example.org", agreement(kBob));
  first->learn("sip:bob@example.org", agreement(kBob, 'T', 'S'));
  EXPECT_EQ(told, std::vector<std::string>{"ZRTP_MEMORY_NOT_KEPT"});
}

TEST_F(ZrtpBookTest, AMemoryThatIsGoneIsTold) {
  book();
  EXPECT_EQ(began, 1);
  book();
  EXPECT_EQ(began, 1);
  EXPECT_EQ(told, std::vector<std::string>{});
  secrets.kept.clear();
  book();
  EXPECT_EQ(told, std::vector<std::string>{"ZRTP_MEMORY_LOST"});
}

TEST_F(ZrtpBookTest, NobodyWaitsForLong) {
  secrets.hold = true;
  auto first = book();
  int gone_on = 0;
  first->when_read([&] { ++gone_on; });
  first->when_read([&] { ++gone_on; });
  timers.advance(std::chrono::milliseconds(1900));
  EXPECT_EQ(gone_on, 0);
  timers.advance(std::chrono::milliseconds(200));
  EXPECT_EQ(gone_on, 2);
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
  first->learn("sip:bob@example.org", agreement(kBob));
  first->verify("sip:bob@example.org", agreement(kBob), true, true);
  for (size_t i = 0; i < ZrtpBook::most_peers + 5; ++i) {
    std::string zid = std::to_string(i);
    zid.insert(0, 24 - zid.size(), '0');
    clock.wall += std::chrono::seconds(1);
    first->learn("sip:" + std::string(300, 'x') + "@example.org", agreement(zid));
  }
  EXPECT_LT(secrets.kept.begin()->second.reveal().size(), 512U * 1024) << "a file takes no more";
  EXPECT_EQ(first->memory()->peers.size(), ZrtpBook::most_peers);
  EXPECT_EQ(first->memory()->peers.count(kBob), 1U);
}

TEST_F(ZrtpBookTest, AKeyringThatIsLockedIsNoReasonToBeginAnew) {
  const std::string zid = book()->memory()->zid;
  secrets.available = false;
  auto next = book();
  EXPECT_EQ(next->memory(), nullptr);
  EXPECT_FALSE(next->learn("sip:bob@example.org", agreement(kBob)).kept);
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
  base::Result<model::Call> verify(bool verified = true, const std::string& sas = {}) {
    return told([&](auto done) { core->calls().verify("", verified, sas, std::move(done)); });
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

TEST_F(ZrtpWordsTest, WhatWasComparedMustBeWhatItHas) {
  const model::Call call = talk_out();
  agree(agreement(kBob));
  model::ZrtpAgreement other = agreement(kOther);
  other.sas = "aaaa";
  agree(other);
  EXPECT_EQ(notices(), std::vector<std::string>{"ZRTP_WORDS_CHANGED"});
  EXPECT_EQ(verify(true, "x19g").error().reason, "WORDS_CHANGED");
  EXPECT_FALSE(now(call.id).security.verified_here);
  EXPECT_TRUE(verify(true, "aaaa"));
}

// Whoever has many names must not push out those who are known.
TEST_F(ZrtpWordsTest, OneEndOfACallIsRemembered) {
  talk_out();
  agree(agreement(kBob));
  agree(agreement(kOther));
  const model::Call next = talk_out();
  EXPECT_EQ(session().config.zrtp->peers.count(kBob), 0U);
  EXPECT_EQ(session().config.zrtp->peers.count(kOther), 1U);
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
  ASSERT_TRUE(verify(false));
  EXPECT_TRUE(now(second.id).security.mismatch) << "as before that word";
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
