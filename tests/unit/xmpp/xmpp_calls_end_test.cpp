// How calls end where somebody cannot, does not answer, or is cut off; and proposals that are none.
#include "daemon/xmpp/jmi.h"
#include "tests/unit/xmpp/calls_fixture.h"

namespace commd::xmpp::test {
namespace {

using testing::Contains;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

// Once more than one person may ring here at a time: what stays behind shows.
constexpr size_t rounds = JmiCalls::most_of_one + 1;

// ---- nothing is left of them ---------------------------------------------------------------

TEST_F(XmppCallsTest, AnAnsweredProposalWithAnOfferOfNothingIsOver) {
  for (size_t round = 0; round < rounds; ++round) {
    const std::string sid = "c" + std::to_string(round);
    alice.send(make_jmi(phone.self.bare(), JmiKind::propose, sid, {model::MediaKind::audio}));
    deliver();
    ASSERT_THAT(phone.told(), ElementsAre("incoming xmpp:alice@x.test")) << round;
    phone.calls.accept(phone.core.leg, sound());
    phone.sent.clear();
    const Stanza iq = make_jingle(phone.self, JingleAction::session_initiate, sid, alice.self);
    const MutableElement content = add_content(iq, "a", JingleParty::initiator);
    content.add("description", ns::kJingleRtp).set("media", "holograms");
    content.add("transport", "urn:other");
    alice.send(iq);
    deliver();
    EXPECT_THAT(phone.told(), ElementsAre("ended incompatible_media"));
    EXPECT_THAT(phone.sent, Contains(testing::AllOf(HasSubstr("<finish"), HasSubstr(sid),
                                                    HasSubstr("unsupported-applications"))));
  }
}

TEST_F(XmppCallsTest, ATransferThatSucceedsIsTheEndForAll) {
  for (size_t round = 0; round < rounds; ++round) {
    place();
    ASSERT_THAT(phone.told(), ElementsAre("incoming xmpp:alice@x.test")) << round;
    answer();
    alice.calls.transfer(out, "xmpp:carol@x.test");
    deliver();
    phone.sent.clear();
    phone.calls.report_transfer(phone.core.leg, 200);
    EXPECT_THAT(phone.sent, Contains(HasSubstr("<finish")));
    pass(std::chrono::seconds(1));
    phone.told();
  }
}

// ---- nobody answers ------------------------------------------------------------------------

TEST_F(XmppCallsTest, ADeviceThatRingsForEverIsGivenUp) {
  place("xmpp:bob@x.test/tablet");
  tablet.calls.ring(tablet.core.leg);
  deliver();
  alice.told();
  tablet.told();
  pass(XmppCalls::answer_patience + std::chrono::seconds(1));
  EXPECT_THAT(alice.told(), ElementsAre("ended no_answer"));
  EXPECT_THAT(tablet.told(), ElementsAre("ended cancelled"));
  EXPECT_EQ(alice.calls.size() + alice.sessions.size(), 0U);
}

TEST_F(XmppCallsTest, ADeviceThatGoesOnAndThenIsSilentIsGivenUp) {
  place();
  phone.calls.accept(phone.core.leg, sound());
  deliver();
  alice.told();
  pass(XmppCalls::answer_patience + std::chrono::seconds(1));
  EXPECT_THAT(alice.told(), ElementsAre("ended no_answer"));
  EXPECT_EQ(alice.calls.size() + alice.sessions.size(), 0U);
}

TEST_F(XmppCallsTest, WhoHasAnsweredIsNotGivenUp) {
  place("xmpp:bob@x.test/tablet");
  tablet.calls.accept(tablet.core.leg, sound());
  deliver();
  alice.told();
  pass(2 * XmppCalls::answer_patience);
  EXPECT_THAT(alice.told(), IsEmpty());
  EXPECT_EQ(alice.calls.size(), 1U);
}

// ---- one device cannot ---------------------------------------------------------------------

TEST_F(XmppCallsTest, ADeviceWithTooManyCallsSaysNothingForThePerson) {
  place();
  tablet.calls.refuse(tablet.core.leg, ports::Refusal::device_busy);
  deliver();
  EXPECT_THAT(tablet.sent, IsEmpty());
  EXPECT_THAT(alice.told(), IsEmpty());
  EXPECT_THAT(phone.told(), ElementsAre("incoming xmpp:alice@x.test")) << "it rings on";
  alice.calls.hang_up(out);
  // Who has called that very device has to know.
  place("xmpp:bob@x.test/tablet");
  tablet.calls.refuse(tablet.core.leg, ports::Refusal::device_busy);
  deliver();
  EXPECT_THAT(alice.told(), Contains("ended busy"));
}

// ---- the stream is cut ---------------------------------------------------------------------

TEST_F(XmppCallsTest, WhatNobodyHasAnsweredIsTakenBackInTheNextSession) {
  for (const bool can_resume : {true, false}) {
    place();
    alice.sent.clear();
    phone.told();
    alice.calls.session_cut(can_resume);
    EXPECT_THAT(alice.sent, IsEmpty()) << "there is nobody to say it to";
    alice.calls.session_began(alice.self);
    EXPECT_THAT(alice.told(), ElementsAre("ended account_offline"));
    EXPECT_THAT(alice.sent, ElementsAre(HasSubstr("<retract")));
    deliver();
    EXPECT_THAT(phone.told(), ElementsAre("ended cancelled"));
    alice.sent.clear();
    alice.calls.session_began(alice.self);
    EXPECT_THAT(alice.sent, IsEmpty()) << "once";
  }
}

TEST_F(XmppCallsTest, WhatWasAnsweredIsNotTakenBack) {
  talk();
  alice.sent.clear();
  alice.calls.session_cut(true);
  alice.calls.session_began(alice.self);
  EXPECT_THAT(alice.sent, IsEmpty());
}

// Minutes later, in another session, a phone would ring for nobody.
TEST_F(XmppCallsTest, ProposalsMeanSomethingNowAlone) {
  place();
  phone.calls.ring(phone.core.leg);
  alice.calls.hang_up(out);
  deliver();
  alice.kinds.insert(alice.kinds.end(), phone.kinds.begin(), phone.kinds.end());
  EXPECT_EQ(alice.kinds.size(), 3U);
  EXPECT_THAT(alice.kinds, Each(StanzaKind::passing));
}

// ---- proposals that are late, or none ----------------------------------------------------------

std::string late(const std::string& id, const std::string& delayed_by,
                 const std::string& from = "alice@x.test/desk") {
  return "<message type='chat' from='" + from +
         "' to='bob@x.test'><propose "
         "xmlns='urn:xmpp:jingle-message:0' id='" +
         id +
         "'><description "
         "xmlns='urn:xmpp:jingle:apps:rtp:1' media='audio'/></propose><delay "
         "xmlns='urn:xmpp:delay' from='" +
         delayed_by + "' stamp='2023-11-14T21:00:00Z'/></message>";
}

TEST_F(XmppCallsTest, WhatCameTooLateWasMissed) {
  for (const char* by : {"x.test", "bob@x.test"}) {
    phone.calls.take_message(stanza_of(late(by, by)), clock.wall);
    EXPECT_THAT(phone.told(), ElementsAre("incoming xmpp:alice@x.test", "ended cancelled")) << by;
  }
  EXPECT_EQ(phone.calls.size(), 0U);
}

// SECURITY: else anybody could fill the list of calls without one that rings.
TEST_F(XmppCallsTest, OnlyTheOwnServerSaysThatItIsLate) {
  int id = 0;
  for (const char* by : {"alice@x.test/desk", "y.test", "carol@x.test", ""}) {
    phone.calls.take_message(stanza_of(late(std::to_string(++id), by)), clock.wall);
    EXPECT_THAT(phone.told(), ElementsAre("incoming xmpp:alice@x.test")) << by << ": it rings";
  }
}

TEST_F(XmppCallsTest, NobodyCallsFromBehindANick) {
  const auto hears = [&](const std::string& address, const std::string& more) {
    const std::string propose =
        "<message type='chat' from='" + address + "' to='bob@x.test/tablet'>" +
        make_jmi(phone.self, JmiKind::propose, "c1", {model::MediaKind::audio})
            .child("propose", ns::kJingleMessage)
            .to_text() +
        more + "</message>";
    EXPECT_FALSE(
        phone.calls.take_message(stanza_of(carbon(phone.self, "received", propose)), clock.wall));
    EXPECT_FALSE(phone.calls.take_message(stanza_of(propose), clock.wall));
    return phone.told();
  };
  phone.rooms.insert("den@rooms.test");
  EXPECT_THAT(hears("den@rooms.test/eve", ""), IsEmpty());
  // A room that another device of his is in.
  const std::string private_message = "<x xmlns='http://jabber.org/protocol/muc#user'/>";
  EXPECT_THAT(hears("hall@rooms.test/eve", private_message), IsEmpty());
  EXPECT_EQ(phone.calls.size(), 0U);
}

}  // namespace
}  // namespace commd::xmpp::test
