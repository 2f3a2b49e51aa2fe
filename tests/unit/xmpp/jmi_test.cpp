// Calls that are proposed by message: all devices ring, one answers, the others are told; and
// strangers learn nothing.
#include <gmock/gmock.h>

#include "daemon/xmpp/jmi_calls.h"
#include "daemon/xmpp/namespaces.h"
#include "tests/unit/xmpp/dino_stanzas.h"
#include "tests/unit/xmpp/stanza_of.h"

namespace commd::xmpp::test {
namespace {

using model::MediaKind;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

Jid jid(const std::string& text) { return *Jid::parse(text); }

// ---- on the wire -----------------------------------------------------------------------

TEST(Jmi, DinosAreRead) {
  const auto propose = read_jmi(stanza_of(dino::propose));
  ASSERT_TRUE(propose);
  EXPECT_EQ(propose->kind, JmiKind::propose);
  EXPECT_EQ(propose->id, "86c0c03e-bb9d-4f0b-a746-05beb2a112d4");
  EXPECT_EQ(propose->from, jid("alice@lab.test/dino.alice"));
  EXPECT_THAT(propose->media, ElementsAre(MediaKind::audio));
  const auto proceed = read_jmi(stanza_of(dino::proceed));
  ASSERT_TRUE(proceed);
  EXPECT_EQ(proceed->kind, JmiKind::proceed);
  EXPECT_EQ(proceed->id, propose->id);
  const auto accept = read_jmi(stanza_of(dino::own_accept));
  ASSERT_TRUE(accept);
  EXPECT_EQ(accept->kind, JmiKind::accept);
  EXPECT_TRUE(accept->to.empty());
}

std::string jmi(const std::string& inner, const std::string& attributes = "type='chat'",
                const std::string& from = "bob@x.test/phone",
                const std::string& to = "alice@x.test") {
  return "<message from='" + from + "' to='" + to + "' " + attributes + ">" + inner + "</message>";
}

std::string part(const std::string& kind, const std::string& id = "c1",
                 const std::string& inner = "") {
  return "<" + kind + " xmlns='urn:xmpp:jingle-message:0' id='" + id + "'>" + inner + "</" + kind +
         ">";
}

const std::string sound = "<description xmlns='urn:xmpp:jingle:apps:rtp:1' media='audio'/>";

TEST(Jmi, WhyItEnds) {
  const auto read = read_jmi(
      stanza_of(jmi(part("reject", "c1",
                         "<reason xmlns='urn:xmpp:jingle:1'><busy/><text>Busy</text></reason>"
                         "<tie-break/>"))));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->why, (JingleWhy{JingleReason::busy, "Busy"}));
  EXPECT_TRUE(read->tie_break);
  const auto finish = read_jmi(stanza_of(jmi(part("finish", "c1", "<migrated to='c2'/>"))));
  ASSERT_TRUE(finish);
  EXPECT_EQ(finish->migrated_to, "c2");
  EXPECT_FALSE(finish->why);
}

TEST(Jmi, WhatIsNone) {
  for (const std::string& text :
       {jmi(""), jmi(part("nonsense")), jmi(part("proceed", "")),
        jmi(part("proceed", std::string(300, 'i'))), jmi(part("proceed"), "type='error'"),
        jmi(part("proceed"), "type='groupchat'"), jmi(part("proceed"), "type='chat'", "@"),
        jmi(part("propose")),
        jmi(part("propose", "c1", "<description xmlns='urn:xmpp:jingle:apps:file-transfer:5'/>")),
        jmi("<proceed xmlns='urn:xmpp:jingle-message:9' id='c1'/>")})
    EXPECT_FALSE(read_jmi(stanza_of(text))) << text;
}

TEST(Jmi, IsWrittenAsItIsRead) {
  const Stanza propose =
      make_jmi(jid("bob@x.test"), JmiKind::propose, "c9", {MediaKind::audio, MediaKind::video});
  EXPECT_EQ(propose.type(), "chat");
  EXPECT_FALSE(propose.id().empty());
  EXPECT_TRUE(propose.child("store", ns::kHints));
  auto read = read_jmi(stanza_of(propose.to_text().insert(8, " from='a@x.test/c'")));
  ASSERT_TRUE(read) << propose.to_text();
  EXPECT_THAT(read->media, ElementsAre(MediaKind::audio, MediaKind::video));
  const Stanza end = make_jmi_end(jid("bob@x.test/p"), JmiKind::retract, "c9",
                                  {JingleReason::expired, "Tie-Break"}, TieBreak::yes);
  read = read_jmi(stanza_of(end.to_text().insert(8, " from='a@x.test/c'")));
  ASSERT_TRUE(read) << end.to_text();
  EXPECT_EQ(read->kind, JmiKind::retract);
  EXPECT_EQ(read->why, (JingleWhy{JingleReason::expired, "Tie-Break"}));
  EXPECT_TRUE(read->tie_break);
}

// ---- the dance -------------------------------------------------------------------------

struct JmiCallsTest : testing::Test {
  std::set<std::string> trusted{"bob@x.test"};
  std::vector<std::string> sent;  // "proceed c1 to bob@x.test/phone"
  std::vector<std::string> told;
  JmiCalls calls{
      jid("alice@x.test/desk"),
      [this](const Jid& who) { return trusted.count(who.str()) > 0; },
      [this](const Stanza& message) { note(message); },
      {[this](const auto& p) {
         told.push_back("proposed " + p.key.id + " by " + p.device.str() +
                        (p.trusted ? "" : ", a stranger"));
       },
       [this](const auto& p) { told.push_back("missed " + p.key.id); },
       [this](const JmiKey& key, const Jid& device) {
         told.push_back("ringing " + device.str());
         EXPECT_EQ(key.peer, device.bare());
       },
       [this](const JmiKey&, const Jid& device) { told.push_back("proceeded " + device.str()); },
       [this](const JmiKey& key, JmiCalls::End end, const std::string& text) {
         static constexpr const char* ends[] = {
             "retracted",          "rejected", "busy",        "elsewhere",
             "rejected elsewhere", "crossed",  "unreachable", "finished"};
         told.push_back(std::string("ended ") + ends[static_cast<int>(end)] +
                        (text.empty() ? "" : ": " + text));
         ended.push_back(key);
       }}};
  std::vector<JmiKey> ended;
  std::string last_id;

  void note(const Stanza& message) {
    for (const Element each : message) {
      if (each.ns() != ns::kJingleMessage) continue;
      const auto why = read_why(each);
      sent.push_back(std::string(each.name()) + " " + std::string(each.id()) + " to " +
                     std::string(message.to()) +
                     (why ? std::string(" ") + to_string(why->reason) : ""));
    }
    last_id = message.id();
  }
  void take(const std::string& text, int age = 0) {
    const auto message = read_jmi(stanza_of(text));
    ASSERT_TRUE(message) << text;
    calls.take(*message, std::chrono::seconds(age));
  }
  const JmiKey c1{jid("bob@x.test"), "c1"};
};

TEST_F(JmiCallsTest, AContactHearsThatItRingsAndThatItIsAnswered) {
  take(jmi(part("propose", "c1", sound)));
  EXPECT_THAT(told, ElementsAre("proposed c1 by bob@x.test/phone"));
  EXPECT_THAT(sent, IsEmpty());
  calls.ring(c1);
  calls.ring(c1);
  EXPECT_THAT(sent, ElementsAre("ringing c1 to bob@x.test/phone"));
  EXPECT_FALSE(calls.awaits(jid("bob@x.test/phone"), "c1"));
  calls.proceed(c1);
  EXPECT_THAT(sent, ElementsAre("ringing c1 to bob@x.test/phone", "accept c1 to alice@x.test",
                                "proceed c1 to bob@x.test/phone"));
  EXPECT_TRUE(calls.awaits(jid("bob@x.test/phone"), "c1"));
  EXPECT_FALSE(calls.awaits(jid("bob@x.test/tablet"), "c1"));
  EXPECT_FALSE(calls.awaits(jid("eve@x.test/phone"), "c1"));
  calls.finish(c1, {JingleReason::success, "Success"});
  EXPECT_EQ(sent.back(), "finish c1 to bob@x.test/phone success");
  EXPECT_EQ(calls.size(), 0U);
}

TEST_F(JmiCallsTest, StrangersLearnNothingBeforeTheAnswer) {
  take(jmi(part("propose", "c1", sound), "type='chat'", "eve@y.test/x"));
  EXPECT_THAT(told, ElementsAre("proposed c1 by eve@y.test/x, a stranger"));
  const JmiKey key{jid("eve@y.test"), "c1"};
  calls.ring(key);
  EXPECT_THAT(sent, IsEmpty());
  calls.reject(key, {JingleReason::busy, "Busy"});
  EXPECT_THAT(sent, ElementsAre("reject c1 to alice@x.test busy"));
}

TEST_F(JmiCallsTest, AnAnswerIsOneEvenToAStranger) {
  take(jmi(part("propose", "c1", sound), "type='chat'", "eve@y.test/x"));
  calls.proceed({jid("eve@y.test"), "c1"});
  EXPECT_EQ(sent.back(), "proceed c1 to eve@y.test/x");
}

TEST_F(JmiCallsTest, AContactHearsThatItWasDeclined) {
  take(jmi(part("propose", "c1", sound)));
  calls.reject(c1, {JingleReason::decline, "Declined"});
  EXPECT_THAT(sent, ElementsAre("reject c1 to alice@x.test decline",
                                "reject c1 to bob@x.test/phone decline"));
  calls.proceed(c1);
  EXPECT_EQ(sent.size(), 2U) << "it is over";
}

TEST_F(JmiCallsTest, ADeviceThatCannotSaysNothing) {
  take(jmi(part("propose", "c1", sound)));
  calls.ignore(c1);
  EXPECT_EQ(calls.size(), 0U);
  EXPECT_THAT(sent, IsEmpty());
}

TEST_F(JmiCallsTest, TheCallerGivesUp) {
  take(jmi(part("propose", "c1", sound)));
  take(jmi(part("retract", "c1"), "type='chat'", "eve@x.test/phone"));
  take(jmi(part("retract", "c2")));
  EXPECT_EQ(told.size(), 1U) << "others do not end it";
  take(jmi(part("retract", "c1",
                "<reason xmlns='urn:xmpp:jingle:1'><cancel/><text>so</text></reason>")));
  EXPECT_EQ(told.back(), "ended retracted: so");
  calls.proceed(c1);
  EXPECT_THAT(sent, IsEmpty());
}

TEST_F(JmiCallsTest, AnotherOwnDeviceAnswers) {
  take(jmi(part("propose", "c1", sound)));
  take(jmi(part("proceed", "c1"), "type='chat'", "alice@x.test/phone", "eve@x.test/x"));
  EXPECT_EQ(told.size(), 1U) << "of another call";
  take(jmi(part("proceed", "c1"), "type='chat'", "alice@x.test/phone", "bob@x.test/phone"));
  EXPECT_EQ(told.back(), "ended elsewhere");
  // As before 0.4.
  take(jmi(part("propose", "c3", sound)));
  take("<message type='chat' from='alice@x.test/phone'>" + part("accept", "c3") + "</message>");
  EXPECT_EQ(told.back(), "ended elsewhere");
  take(jmi(part("propose", "c4", sound)));
  take(jmi(part("reject", "c4"), "type='chat'", "alice@x.test/phone", "alice@x.test"));
  EXPECT_EQ(told.back(), "ended rejected elsewhere");
  EXPECT_THAT(sent, IsEmpty());
}

TEST_F(JmiCallsTest, OurOwnWordsComeBackAndMeanNothing) {
  take(jmi(part("propose", "c1", sound)));
  take(jmi(part("accept", "c1"), "type='chat'", "alice@x.test/desk", "alice@x.test"));
  EXPECT_EQ(calls.size(), 1U);
  calls.proceed(c1);
  // The other device was as quick: the caller has to choose.
  take(jmi(part("accept", "c1"), "type='chat'", "alice@x.test/phone", "alice@x.test"));
  EXPECT_TRUE(calls.awaits(jid("bob@x.test/phone"), "c1"));
}

TEST_F(JmiCallsTest, AProposalCountsOnceAndNotTooLate) {
  take(jmi(part("propose", "c1", sound)));
  take(jmi(part("propose", "c1", sound), "type='chat'", "bob@x.test/tablet"));
  EXPECT_EQ(told.size(), 1U);
  take(jmi(part("propose", "c2", sound)), 3600);
  EXPECT_EQ(told.back(), "missed c2");
  EXPECT_EQ(calls.size(), 1U);
}

TEST_F(JmiCallsTest, AFloodIsBounded) {
  for (int i = 0; i < 50; ++i) take(jmi(part("propose", "b" + std::to_string(i), sound)));
  EXPECT_EQ(calls.size(), JmiCalls::most_of_one);
  for (int i = 0; i < 100; ++i)
    take(jmi(part("propose", "c", sound), "type='chat'", "e" + std::to_string(i) + "@y.test/x"));
  EXPECT_EQ(calls.size(), JmiCalls::most_incoming);
  EXPECT_EQ(told.size(), JmiCalls::most_incoming);
}

// However many names they have.
TEST_F(JmiCallsTest, StrangersAreMissedInBounds) {
  const auto miss = [&](int count, const std::string& from) {
    for (int i = 0; i < count; ++i)
      take(jmi(part("propose", "m" + std::to_string(i), sound), "type='chat'",
               (from.empty() ? "e" + std::to_string(i) + "@y.test" : from) + "/x"),
           3600);
  };
  miss(100, "");
  EXPECT_EQ(told.size(), JmiCalls::most_missed_of_strangers);
  miss(20, "bob@x.test");
  EXPECT_EQ(told.size(), JmiCalls::most_missed_of_strangers + 20);
}

TEST_F(JmiCallsTest, AllDevicesRingAndOneIsCalled) {
  const JmiKey key = calls.propose(jid("bob@x.test/any"), {MediaKind::audio});
  EXPECT_EQ(key.peer, jid("bob@x.test"));
  EXPECT_THAT(sent, ElementsAre("propose " + key.id + " to bob@x.test"));
  take(jmi(part("ringing", key.id), "type='chat'", "bob@x.test/phone", "alice@x.test/desk"));
  // To the bare address, as before 0.8.
  take(jmi(part("ringing", key.id), "type='chat'", "bob@x.test/tablet", "alice@x.test"));
  take(jmi(part("proceed", key.id), "type='chat'", "eve@x.test/tablet"));
  take(jmi(part("proceed", key.id), "type='chat'", "bob@x.test"));
  take(jmi(part("proceed", key.id), "type='chat'", "bob@x.test/tablet"));
  take(jmi(part("proceed", key.id), "type='chat'", "bob@x.test/phone"));
  take(jmi(part("reject", key.id), "type='chat'", "bob@x.test/phone"));
  EXPECT_THAT(told, ElementsAre("ringing bob@x.test/phone", "ringing bob@x.test/tablet",
                                "proceeded bob@x.test/tablet"));
  calls.retract(key);
  EXPECT_EQ(sent.size(), 1U) << "a session is under way: that is ended";
  take(jmi(part("finish", key.id), "type='chat'", "bob@x.test/phone"));
  EXPECT_EQ(calls.size(), 1U);
  calls.finish(key, {JingleReason::success, ""});
  EXPECT_EQ(sent.back(), "finish " + key.id + " to bob@x.test/tablet success");
}

TEST_F(JmiCallsTest, NobodyAnswersOrTheyDoNotWant) {
  const JmiKey key = calls.propose(jid("bob@x.test"), {MediaKind::audio});
  calls.retract(key);
  EXPECT_EQ(sent.back(), "retract " + key.id + " to bob@x.test cancel");
  take(jmi(part("proceed", key.id)));
  EXPECT_THAT(told, IsEmpty());
  const JmiKey again = calls.propose(jid("bob@x.test"), {MediaKind::audio});
  take(jmi(part("reject", again.id)));
  EXPECT_EQ(told.back(), "ended rejected");
  const JmiKey third = calls.propose(jid("bob@x.test"), {MediaKind::audio});
  take(jmi(part("reject", third.id, "<reason xmlns='urn:xmpp:jingle:1'><busy/></reason>")));
  EXPECT_EQ(told.back(), "ended busy");
  EXPECT_EQ(ended.back(), third);
}

TEST_F(JmiCallsTest, AProposalComesBack) {
  calls.propose(jid("bob@x.test"), {MediaKind::audio});
  const std::string error =
      "<error type='cancel'><service-unavailable "
      "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>";
  const auto bounce = [&](const std::string& from, const std::string& id) {
    return calls.take_error(stanza_of("<message type='error' from='" + from + "' id='" + id + "'>" +
                                      error + "</message>"));
  };
  EXPECT_FALSE(bounce("eve@x.test", last_id));
  EXPECT_FALSE(bounce("bob@x.test", "other"));
  EXPECT_TRUE(bounce("bob@x.test", last_id));
  EXPECT_THAT(told.back(), testing::StartsWith("ended unreachable: "));
}

// XEP-0353 section 5.1.
TEST_F(JmiCallsTest, BothCallAtOnceAndTheLowerIdWins) {
  JmiKey ours = calls.propose(jid("bob@x.test"), {MediaKind::audio});
  take(jmi(part("propose", "~higher", sound)));
  EXPECT_EQ(sent.back(), "reject ~higher to bob@x.test/phone expired");
  EXPECT_THAT(told, IsEmpty());
  EXPECT_EQ(calls.size(), 1U);
  take(jmi(part("propose", "!lower", sound)));
  EXPECT_EQ(sent.back(), "retract " + ours.id + " to bob@x.test expired");
  EXPECT_THAT(told, ElementsAre("ended crossed", "proposed !lower by bob@x.test/phone"));
  // Seen from there.
  ours = calls.propose(jid("carol@x.test"), {MediaKind::audio});
  take(jmi(part("reject", ours.id, "<tie-break/>"), "type='chat'", "carol@x.test/p"));
  EXPECT_EQ(told.back(), "ended crossed");
}

TEST_F(JmiCallsTest, WhoIsCalledAlreadyIsNotCrossed) {
  const JmiKey ours = calls.propose(jid("bob@x.test"), {MediaKind::audio});
  take(jmi(part("proceed", ours.id)));
  take(jmi(part("propose", "!lower", sound)));
  EXPECT_EQ(told.back(), "proposed !lower by bob@x.test/phone");
  EXPECT_EQ(calls.size(), 2U);
}

}  // namespace
}  // namespace commd::xmpp::test
