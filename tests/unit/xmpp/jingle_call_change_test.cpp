// What changes in a running call in Jingle: holds, directions, contents, from both ends.
#include "tests/unit/xmpp/jingle_call_fixture.h"

namespace commd::xmpp::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

// ---- hold and directions -------------------------------------------------------------------

TEST_F(JingleCallTest, AHoldIsAWordAndNoChangeOfDirections) {
  talk();
  const auto offer = session({stream("audio")});
  alice.call->modify(directed(offer, Direction::send_only));
  deliver();
  EXPECT_THAT(heard, Not(testing::Contains("content-modify")));
  EXPECT_EQ(bob.told.back(), "offered audio sendonly");
  EXPECT_EQ(alice.told.back(), "answered audio recvonly");
  bob.call->answer_offer(directed(offer, Direction::recv_only));
  // Both hold.
  bob.call->modify(directed(offer, Direction::inactive));
  deliver();
  EXPECT_EQ(alice.told.back(), "offered audio inactive");
  EXPECT_EQ(bob.told.back(), "answered audio inactive");
  alice.call->answer_offer(directed(offer, Direction::inactive));
  deliver();
  // Alice listens again; bob, who holds her, does not.
  alice.call->modify(directed(offer, Direction::recv_only));
  deliver();
  EXPECT_EQ(bob.told.back(), "offered audio recvonly");
  bob.call->answer_offer(directed(offer, Direction::send_only));
  clear();
  bob.call->modify(offer);
  deliver();
  EXPECT_EQ(alice.told.back(), "offered audio sendrecv");
  EXPECT_EQ(bob.told.back(), "answered audio sendrecv");
  alice.call->answer_offer(offer);
  deliver();
  EXPECT_THAT(heard, ElementsAre("session-info", "result"));
}

TEST_F(JingleCallTest, AHoldForThoseWhoDoNotKnowTheWord) {
  talk();
  alice.call->modify(session({stream("audio", Direction::send_only)}));
  ASSERT_EQ(wire.size(), 1U);
  const Stanza hold = stanza_of(wire.front());
  wire.clear();
  alice.hear(*make_error_reply(hold, Condition::feature_not_implemented));
  ASSERT_EQ(wire.size(), 1U);
  EXPECT_THAT(wire.front(),
              testing::AllOf(HasSubstr("content-modify"), HasSubstr("senders=\"initiator\"")));
  deliver();
  EXPECT_EQ(bob.told.back(), "offered audio sendonly");
  EXPECT_EQ(alice.told.back(), "answered audio recvonly");
}

TEST_F(JingleCallTest, ThePeerHolds) {
  talk();
  const std::string info = " xmlns='urn:xmpp:jingle:apps:rtp:info:1'/>";
  say_to_alice("session-info", "<hold" + info);
  EXPECT_EQ(alice.told.back(), "offered audio sendonly");
  EXPECT_TRUE(model::is_hold(alice.offered_to_it));
  alice.call->answer_offer(session({stream("audio", Direction::recv_only)}));
  say_to_alice("session-info", "<hold" + info);
  EXPECT_EQ(alice.told.size(), 1U) << "the same again";
  say_to_alice("session-info", "<active" + info);
  EXPECT_EQ(alice.told.back(), "offered audio sendrecv");
}

TEST_F(JingleCallTest, ThePeerChangesDirections) {
  talk();
  const auto modify = [&](const char* senders) {
    return say_to_alice("content-modify", "<content creator='initiator' name='audio' senders='" +
                                              std::string(senders) + "'/>");
  };
  modify("responder");
  EXPECT_EQ(alice.told.back(), "offered audio sendonly");
  alice.call->answer_offer(session({stream("audio", Direction::recv_only)}));
  EXPECT_EQ(wire.size(), 1U) << "the acknowledgement: all is said";
  modify("both");
  EXPECT_EQ(alice.told.back(), "offered audio sendrecv");
  // This end does not want to send: it says so.
  alice.call->answer_offer(session({stream("audio", Direction::recv_only)}));
  EXPECT_THAT(wire.back(),
              testing::AllOf(HasSubstr("content-modify"), HasSubstr("senders=\"responder\"")));
  modify("none");
  alice.call->refuse_offer(ports::Refusal::declined);
  EXPECT_THAT(wire.back(),
              testing::AllOf(HasSubstr("content-modify"), HasSubstr("senders=\"responder\"")));
}

TEST_F(JingleCallTest, NothingToChangeIsAnsweredAtOnce) {
  talk();
  alice.call->modify(session({stream("audio")}));
  EXPECT_THAT(wire, IsEmpty());
  EXPECT_EQ(alice.told.back(), "answered audio sendrecv");
}

TEST_F(JingleCallTest, AChangeThatIsRefused) {
  talk();
  alice.call->modify(session({stream("audio", Direction::recv_only)}));
  const Stanza modify = stanza_of(wire.front());
  wire.clear();
  alice.hear(*make_error_reply(modify, Condition::not_acceptable));
  EXPECT_EQ(alice.told.back(), "refused");
  // And again.
  alice.call->modify(session({stream("audio", Direction::recv_only)}));
  deliver();
  EXPECT_EQ(alice.told.back(), "answered audio sendonly");
}

TEST_F(JingleCallTest, BothChangeAtOnceAndTheInitiatorWins) {
  talk();
  alice.call->modify(session({stream("audio", Direction::recv_only)}));
  bob.call->modify(session({stream("audio", Direction::recv_only)}));
  deliver();
  EXPECT_THAT(alice.told, ElementsAre("answered audio sendonly"));
  EXPECT_THAT(bob.told, ElementsAre("refused, glare", "offered audio recvonly"));
  bob.call->answer_offer(session({stream("audio", Direction::send_only)}));
  deliver();
  EXPECT_EQ(alice.told.size(), 1U);
}

TEST_F(JingleCallTest, OneThingAtATime) {
  talk();
  const std::string hold = "<hold xmlns='urn:xmpp:jingle:apps:rtp:info:1'/>";
  say_to_alice("session-info", hold);
  say_to_alice("content-modify", "<content creator='initiator' name='audio' senders='none'/>");
  EXPECT_THAT(alice.told, ElementsAre("offered audio sendonly"));
  alice.call->modify(session({stream("audio")}));
  EXPECT_EQ(alice.told.back(), "refused, glare");
  alice.call->answer_offer(session({stream("audio", Direction::recv_only)}));
  EXPECT_EQ(alice.told.back(), "offered audio inactive");
  std::string last;
  for (int i = 0; i < 20; ++i) last = say_to_alice("session-info", hold);
  EXPECT_THAT(last, HasSubstr("resource-constraint"));
}

// SECURITY: else one stanza makes as many changes wait as words go into it.
TEST_F(JingleCallTest, AStanzaHoldsOnce) {
  talk();
  const std::string ns = " xmlns='urn:xmpp:jingle:apps:rtp:info:1'/>";
  EXPECT_THAT(say_to_alice("session-info", "<hold" + ns + "<unhold" + ns),
              HasSubstr("bad-request"));
  EXPECT_THAT(alice.told, IsEmpty());
  EXPECT_THAT(say_to_alice("session-info", "<mute" + ns + "<hold" + ns), HasSubstr("result"));
  EXPECT_EQ(alice.told.back(), "offered audio sendonly");
}

// ---- contents that come and go ----------------------------------------------------------------

TEST_F(JingleCallTest, AContentIsAddedAndAccepted) {
  talk();
  alice.call->modify(session({stream("audio"), stream("video", Direction::send_only)}));
  deliver();
  EXPECT_EQ(bob.told.back(), "offered audio sendrecv, video sendonly");
  EXPECT_THAT(alice.told, IsEmpty());
  bob.call->answer_offer(session({stream("audio"), stream("video", Direction::recv_only, 9000)}));
  deliver();
  EXPECT_EQ(alice.told.back(), "answered audio sendrecv, video recvonly");
  EXPECT_EQ(alice.call->remote().streams[1].transport.rtp.port, 9000);
  auto without = session({stream("audio"), stream("video")});
  without.streams[1].rejected = true;
  bob.call->modify(without);
  deliver();
  EXPECT_EQ(alice.told.back(), "offered audio sendrecv, video rejected");
  EXPECT_EQ(bob.told.back(), "answered audio sendrecv, video rejected");
}

TEST_F(JingleCallTest, AContentIsAddedAndRejected) {
  talk();
  for (int round = 0; round < 2; ++round) {
    bob.call->modify(session({stream("audio"), stream("video")}));
    deliver();
    EXPECT_EQ(alice.told.back(), "offered audio sendrecv, video sendrecv");
    if (round == 0) {
      alice.call->refuse_offer(ports::Refusal::incompatible_media);
      deliver();
      EXPECT_EQ(bob.told.back(), "answered audio sendrecv, video rejected");
      alice.call->modify(session({stream("audio")}));
      EXPECT_EQ(alice.told.back(), "answered audio sendrecv");
      return;
    }
  }
}

TEST_F(JingleCallTest, AnAdditionTravelsAsItsOfferDoes) {
  talk();
  auto offer = session({stream("audio"), stream("video")});
  offer.streams[1].transport.ice.emplace();
  alice.call->modify(offer);
  deliver();
  bob.call->answer_offer(session({stream("audio"), stream("video")}));
  deliver();
  EXPECT_THAT(heard, testing::Contains("content-reject"));
  EXPECT_EQ(alice.told.back(), "answered audio sendrecv, video rejected");
}

TEST_F(JingleCallTest, AdditionsThatAreNone) {
  talk();
  EXPECT_THAT(say_to_alice("content-add", content("v", "initiator")), HasSubstr("bad-request"))
      << "it was not the initiator";
  EXPECT_THAT(say_to_alice("content-add", content("audio", "responder")), HasSubstr("bad-request"));
  EXPECT_THAT(say_to_alice("content-add", "<content creator='responder' name='v'/>"),
              HasSubstr("bad-request"));
  EXPECT_THAT(say_to_alice("content-add", content("v", "responder")), HasSubstr("result"));
  EXPECT_THAT(say_to_alice("content-add", content("v", "responder")), HasSubstr("bad-request"));
  std::string many;
  for (int i = 0; i < 32; ++i) many += content("v" + std::to_string(i), "responder");
  EXPECT_THAT(say_to_alice("content-add", many), HasSubstr("resource-constraint"));
}

// ---- changes of what is gone
// ---------------------------------------------------------------------

// Of a content that bob adds and that alice has not answered, when she adds one herself: his is
// refused, and with it goes all that was said of it.
TEST_F(JingleCallTest, WhatWaitsForAPlaceThatGoesIsVoid) {
  for (const auto& [action, more] :
       {std::pair("content-modify", std::string()), std::pair("content-remove", std::string()),
        std::pair("transport-replace", plain)}) {
    talk();
    bob.call->modify(session({stream("audio"), stream("video")}));
    say_to(bob, action,
           "<content creator='responder' name='video' senders='none'>" + more + "</content>");
    EXPECT_THAT(bob.told, IsEmpty()) << action;
    say_to(bob, "content-add", content("v"));
    EXPECT_THAT(bob.told, ElementsAre("refused, glare", "offered audio sendrecv, v sendrecv"))
        << action;
    bob.call->answer_offer(session({stream("audio"), stream("v")}));
    EXPECT_EQ(brief(bob.call->remote()), "audio sendrecv, v sendrecv") << action;
    wire.clear();
    alice.call.reset();
    bob.call.reset();
  }
}

TEST_F(JingleCallTest, AnAnswerForAPlaceThatIsAnothersChangesNothing) {
  talk();
  bob.call->modify(
      session({stream("audio", Direction::send_only), stream("video", Direction::recv_only)}));
  // Alice does not know the word: directions go out, of both contents.
  ASSERT_EQ(wire.size(), 2U);
  const Stanza hold = stanza_of(wire.front());
  wire.clear();
  bob.hear(*make_error_reply(hold, Condition::feature_not_implemented));
  ASSERT_EQ(wire.size(), 1U);
  const Stanza modify = stanza_of(wire.front());
  ASSERT_THAT(wire.front(), testing::AllOf(HasSubstr("content-modify"), HasSubstr("video")));
  say_to(bob, "content-add", content("v"));
  EXPECT_THAT(bob.told, ElementsAre("refused, glare", "offered audio sendrecv, v sendrecv"));
  bob.call->answer_offer(session({stream("audio"), stream("v")}));
  bob.hear(make_result(modify));
  say_to(bob, "session-info", "<hold xmlns='urn:xmpp:jingle:apps:rtp:info:1'/>");
  EXPECT_THAT(bob.told.back(), testing::EndsWith(", v sendonly"));
}

TEST_F(JingleCallTest, WhatIsRemovedIsChangedNoMore) {
  const auto both = session({stream("audio"), stream("video")});
  talk(both, both);
  say_to_alice("session-info", "<hold xmlns='urn:xmpp:jingle:apps:rtp:info:1'/>");
  for (const auto& [action, more] :
       {std::pair("content-remove", std::string()), std::pair("content-modify", std::string()),
        std::pair("content-remove", std::string()), std::pair("transport-replace", plain)})
    EXPECT_THAT(say_to_alice(action, "<content creator='initiator' name='video' senders='none'>" +
                                         more + "</content>"),
                HasSubstr("result"));
  alice.call->answer_offer(directed(both, Direction::recv_only));
  auto left = directed(both, Direction::recv_only);
  left.streams[1].rejected = true;
  alice.call->answer_offer(left);
  EXPECT_THAT(alice.told, ElementsAre("offered audio sendonly, video sendonly",
                                      "offered audio sendonly, video rejected"));
}

TEST_F(JingleCallTest, TheLastContentGoes) {
  talk();
  say_to_alice("content-remove", "<content creator='initiator' name='audio'/>");
  EXPECT_EQ(alice.told.back(), "ended hung_up");
  EXPECT_THAT(wire.back(), HasSubstr("session-terminate"));
}

}  // namespace
}  // namespace commd::xmpp::test
