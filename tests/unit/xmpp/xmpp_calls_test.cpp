// Calls between two people with several devices.
#include "tests/unit/xmpp/calls_fixture.h"

namespace commd::xmpp::test {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// ---- all devices ring, one answers ---------------------------------------------------------

TEST_F(XmppCallsTest, AllDevicesRingOneAnswersTheOthersAreTold) {
  place();
  EXPECT_THAT(phone.told(), ElementsAre("incoming xmpp:alice@x.test"));
  EXPECT_THAT(tablet.told(), ElementsAre("incoming xmpp:alice@x.test"));
  EXPECT_EQ(phone.core.call.local.address, "xmpp:bob@x.test");
  EXPECT_EQ(phone.core.call.route.local_ip, "127.0.0.1");
  EXPECT_TRUE(phone.core.call.route.signalling_protected);
  phone.calls.ring(phone.core.leg);
  deliver();
  EXPECT_THAT(alice.told(), ElementsAre("ringing bob@x.test/phone"));
  phone.calls.accept(phone.core.leg, sound());
  deliver();
  EXPECT_THAT(tablet.told(), ElementsAre("ended answered_elsewhere"));
  EXPECT_THAT(alice.told(), ElementsAre("trying bob@x.test/phone"));
  EXPECT_THAT(phone.told(), ElementsAre("offered sendrecv"));
  phone.calls.answer_offer(phone.core.leg, sound());
  deliver();
  EXPECT_THAT(phone.told(), ElementsAre("confirmed"));
  EXPECT_THAT(alice.told(), ElementsAre("accepted bob@x.test/phone"));
  alice.calls.hang_up(out);
  pass(std::chrono::seconds(1));
  EXPECT_THAT(phone.told(), ElementsAre("ended hung_up"));
  EXPECT_EQ(alice.calls.size() + phone.calls.size() + tablet.calls.size(), 0U);
  EXPECT_EQ(alice.sessions.size() + phone.sessions.size(), 0U);
  // Both say that it is over, for those who were not there.
  EXPECT_THAT(alice.sent, Contains(HasSubstr("<finish")));
  EXPECT_THAT(phone.sent, Contains(HasSubstr("<finish")));
}

// SECURITY: nothing but the word to go on, and that after the answer.
TEST_F(XmppCallsTest, NothingIsRevealedBeforeTheAnswer) {
  phone.roster.restore({}, "2");
  tablet.roster.restore({}, "2");
  place();
  EXPECT_THAT(phone.told(), ElementsAre("incoming xmpp:alice@x.test"));
  phone.calls.ring(phone.core.leg);
  EXPECT_THAT(phone.sent, IsEmpty());
  // A session without a word to go on is none.
  const std::string sid =
      std::string(stanza_of(alice.sent.at(0)).child("propose", ns::kJingleMessage).id());
  const Stanza early = make_jingle(phone.self, JingleAction::session_initiate, sid, alice.self);
  write_rtp(sound(), early, JingleParty::initiator);
  alice.send(early);
  deliver();
  EXPECT_THAT(phone.sent, ElementsAre(HasSubstr("service-unavailable")));
  EXPECT_THAT(phone.told(), IsEmpty());
  phone.calls.accept(phone.core.leg, sound());
  deliver();
  EXPECT_THAT(phone.told(), ElementsAre("offered sendrecv")) << "the stranger that was answered";
}

TEST_F(XmppCallsTest, ThePersonDeclines) {
  place();
  phone.calls.refuse(phone.core.leg, ports::Refusal::busy);
  deliver();
  EXPECT_THAT(alice.told(), ElementsAre("ended busy"));
  EXPECT_THAT(tablet.told(), ElementsAre("incoming xmpp:alice@x.test", "ended declined"));
  pass(std::chrono::seconds(1));
  EXPECT_EQ(alice.calls.size() + phone.calls.size() + tablet.calls.size(), 0U);
}

TEST_F(XmppCallsTest, ADeviceThatCannotLeavesItToTheOthers) {
  place();
  tablet.calls.refuse(tablet.core.leg, ports::Refusal::overload);
  deliver();
  EXPECT_THAT(tablet.sent, IsEmpty());
  phone.calls.hang_up(phone.core.leg);
  deliver();
  EXPECT_THAT(phone.sent, IsEmpty());
  EXPECT_THAT(alice.told(), IsEmpty());
  // Once it was answered the caller has to know.
  alice.calls.hang_up(out);
  place();
  phone.calls.accept(phone.core.leg, sound());
  phone.calls.hang_up(phone.core.leg);
  deliver();
  EXPECT_THAT(phone.sent, Contains(HasSubstr("<reject")));
}

TEST_F(XmppCallsTest, GoodbyesAreSaid) {
  talk();
  phone.calls.say_goodbye();
  phone.calls.session_ended();
  deliver();
  EXPECT_THAT(phone.told(), ElementsAre("ended account_offline"));
  EXPECT_THAT(alice.told(), ElementsAre("ended hung_up"));
}

TEST_F(XmppCallsTest, TheCallerGivesUp) {
  place();
  alice.calls.hang_up(out);
  deliver();
  EXPECT_THAT(phone.told(), ElementsAre("incoming xmpp:alice@x.test", "ended cancelled"));
  EXPECT_THAT(tablet.told(), Contains("ended cancelled"));
  EXPECT_EQ(alice.calls.size(), 0U);
}

TEST_F(XmppCallsTest, NobodyAnswers) {
  place();
  pass(XmppCalls::answer_patience + std::chrono::seconds(1));
  EXPECT_THAT(alice.told(), ElementsAre("ended no_answer"));
  EXPECT_THAT(phone.told(), Contains("ended cancelled"));
}

TEST_F(XmppCallsTest, TheCallerIsGoneAfterTheAnswer) {
  place();
  std::erase(devices, &alice);
  phone.calls.accept(phone.core.leg, sound());
  pass(XmppCalls::session_patience + std::chrono::seconds(1));
  EXPECT_THAT(phone.told(), Contains("ended timeout"));
  EXPECT_EQ(phone.calls.size(), 0U);
}

TEST_F(XmppCallsTest, AnOfferThatFitsNothingEndsBoth) {
  place();
  phone.calls.accept(phone.core.leg, sound());
  deliver();
  phone.calls.refuse_offer(phone.core.leg, ports::Refusal::encryption_required);
  deliver();
  EXPECT_THAT(phone.told(), Contains("ended encryption_required"));
  EXPECT_THAT(alice.told(), Contains("ended encryption_required"));
}

// ---- without a proposal --------------------------------------------------------------------

TEST_F(XmppCallsTest, ADeviceIsCalledAtOnce) {
  place("xmpp:bob@x.test/tablet");
  EXPECT_THAT(tablet.told(), ElementsAre("incoming xmpp:alice@x.test with an offer"));
  EXPECT_THAT(phone.told(), IsEmpty());
  tablet.calls.ring(tablet.core.leg);
  deliver();
  EXPECT_THAT(alice.told(), ElementsAre("trying bob@x.test/tablet", "ringing bob@x.test/tablet"));
  tablet.calls.accept(tablet.core.leg, sound());
  deliver();
  EXPECT_THAT(alice.told(), ElementsAre("accepted bob@x.test/tablet"));
  EXPECT_THAT(tablet.told(), ElementsAre("confirmed"));
  tablet.calls.hang_up(tablet.core.leg);
  pass(std::chrono::seconds(1));
  EXPECT_THAT(alice.told(), ElementsAre("ended hung_up"));
}

TEST_F(XmppCallsTest, StrangersCallNoDevice) {
  tablet.roster.restore({}, "2");
  place("xmpp:bob@x.test/tablet");
  EXPECT_THAT(tablet.told(), IsEmpty());
  EXPECT_THAT(alice.told(), ElementsAre("ended unavailable"));
  place("xmpp:bob@x.test/nowhere");
  EXPECT_THAT(alice.told(), ElementsAre("ended unavailable")) << "the same";
}

TEST_F(XmppCallsTest, AnOfferOfNothingThatIsSpokenHere) {
  const Stanza iq = make_jingle(phone.self, JingleAction::session_initiate, "s1", alice.self);
  const MutableElement content = add_content(iq, "a", JingleParty::initiator);
  content.add("description", ns::kJingleRtp).set("media", "holograms");
  content.add("transport", "urn:other");
  alice.send(iq);
  deliver();
  EXPECT_THAT(phone.told(), IsEmpty());
  EXPECT_THAT(phone.sent, Contains(HasSubstr("unsupported-applications")));
  EXPECT_EQ(phone.sessions.size(), 0U);
}

TEST_F(XmppCallsTest, CallsAreBounded) {
  for (size_t i = 0; i < XmppCalls::most_legs + 5; ++i) {
    ports::InviteRequest request;
    request.target = "xmpp:bob@x.test/tablet";
    request.offer = sound();
    alice.calls.invite(LegId("leg" + std::to_string(i)), request);
  }
  EXPECT_THAT(alice.told(),
              ElementsAre("ended limit_reached", "ended limit_reached", "ended limit_reached",
                          "ended limit_reached", "ended limit_reached"));
  deliver();
  EXPECT_EQ(tablet.calls.size(), XmppCalls::most_legs);
}

// ---- a running call ------------------------------------------------------------------------

TEST_F(XmppCallsTest, AHoldGoesThereAndBack) {
  talk();
  alice.calls.modify(out, sound(Direction::send_only));
  deliver();
  EXPECT_THAT(phone.told(), ElementsAre("offered sendonly"));
  EXPECT_THAT(alice.told(), ElementsAre("answered recvonly"));
  phone.calls.answer_offer(phone.core.leg, sound(Direction::recv_only));
  alice.calls.modify(out, sound());
  deliver();
  EXPECT_THAT(phone.told(), ElementsAre("offered sendrecv"));
  EXPECT_THAT(alice.told(), ElementsAre("answered sendrecv"));
}

TEST_F(XmppCallsTest, ATransferIsAskedForAndSucceeds) {
  talk();
  alice.calls.transfer(out, "sip:carol@x.test");
  EXPECT_THAT(alice.told(), ElementsAre(HasSubstr("transfer 4")));
  alice.calls.transfer(out, "xmpp:carol@x.test");
  deliver();
  EXPECT_THAT(phone.told(),
              ElementsAre("transfer to xmpp:carol@x.test () by xmpp:alice@x.test/desk"));
  EXPECT_THAT(alice.told(), ElementsAre("transfer 2 "));
  phone.calls.report_transfer(phone.core.leg, 180);
  phone.calls.report_transfer(phone.core.leg, 200);
  pass(std::chrono::seconds(1));
  EXPECT_THAT(phone.told(), ElementsAre("ended transferred"));
  EXPECT_THAT(alice.told(), ElementsAre("transfer 3 Transferred", "ended transferred"));
}

TEST_F(XmppCallsTest, AnotherCallIsHandedOver) {
  talk();
  const LegId second("second");
  ports::InviteRequest request;
  request.target = "xmpp:bob@x.test/tablet";
  request.offer = sound();
  alice.calls.invite(second, request);
  deliver();
  alice.told();
  alice.calls.transfer_to(out, second);
  deliver();
  const auto told = phone.told();
  ASSERT_EQ(told.size(), 1U);
  EXPECT_THAT(told[0], testing::AllOf(HasSubstr("transfer to xmpp:bob@x.test/tablet ("),
                                      HasSubstr(" alice@x.test/desk) by")));
  alice.told();
  alice.calls.transfer_to(out, LegId("nobody"));
  EXPECT_THAT(alice.told(), ElementsAre(HasSubstr("transfer 4")));
}

TEST_F(XmppCallsTest, WhoIsSentHereSaysSo) {
  ports::InviteRequest request;
  request.target = "xmpp:bob@x.test/tablet";
  request.offer = sound();
  request.referred_by = "xmpp:carol@x.test/c";
  request.replaces = "s7 carol@x.test/c";
  alice.calls.invite(out, request);
  deliver();
  EXPECT_THAT(alice.sent.at(0), HasSubstr("sid=\"s7\""));
  EXPECT_EQ(tablet.core.call.referred_by, "xmpp:carol@x.test/c");
}

// ---- the account -----------------------------------------------------------------------------

TEST_F(XmppCallsTest, RoutesWhatIsAnAddress) {
  const auto route = [&](const std::string& target) {
    std::optional<base::Result<ports::MediaRoute>> found;
    alice.calls.route(target, [&](auto result) { found = std::move(result); });
    return *found;
  };
  EXPECT_EQ(route("xmpp:bob@x.test")->local_ip, "127.0.0.1");
  EXPECT_TRUE(route("xmpp:bob@x.test/phone?call")->trickle);
  for (const char* bad : {"sip:bob@x.test", "xmpp:x.test", "xmpp:", "tel:123", "xmpp:alice@x.test"})
    EXPECT_EQ(route(bad).error().reason, "INVALID_ADDRESS") << bad;
  alice.calls.session_ended();
  EXPECT_EQ(route("xmpp:bob@x.test").error().reason, "ACCOUNT_NOT_ONLINE");
  place();
  EXPECT_THAT(alice.told(), ElementsAre("ended account_offline"));
}

TEST_F(XmppCallsTest, TheStreamIsGone) {
  talk();
  alice.calls.session_cut(true);
  EXPECT_THAT(alice.told(), IsEmpty()) << "it may be resumed";
  alice.calls.session_cut(false);
  EXPECT_THAT(alice.told(), ElementsAre("ended account_offline"));
  alice.calls.hang_up(out);
  pass(std::chrono::seconds(1));
  EXPECT_EQ(alice.calls.size() + alice.sessions.size(), 0U);
}

TEST_F(XmppCallsTest, VerbsOfNobodysLegAreIgnored) {
  const LegId none("none");
  alice.calls.ring(none);
  alice.calls.accept(none, sound());
  alice.calls.refuse(none, ports::Refusal::busy);
  alice.calls.hang_up(none);
  alice.calls.modify(none, sound());
  alice.calls.answer_offer(none, sound());
  alice.calls.refuse_offer(none, ports::Refusal::busy);
  alice.calls.transfer(none, "xmpp:bob@x.test");
  alice.calls.transfer_to(none, none);
  alice.calls.report_transfer(none, 200);
  EXPECT_THAT(alice.sent, IsEmpty());
}

}  // namespace
}  // namespace commd::xmpp::test
