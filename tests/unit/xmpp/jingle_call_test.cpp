// A call in Jingle from its offer to its end, and what may be said when.
#include "tests/unit/xmpp/dino_stanzas.h"
#include "tests/unit/xmpp/jingle_call_fixture.h"

namespace commd::xmpp::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

// ---- from the offer to the end -------------------------------------------------------------

TEST_F(JingleCallTest, RingsIsAnsweredAndEnds) {
  place(session({stream("audio")}));
  EXPECT_THAT(bob.told, ElementsAre("call audio sendrecv"));
  EXPECT_THAT(alice.told, ElementsAre("delivered"));
  bob.call->ring();
  deliver();
  EXPECT_EQ(alice.told.back(), "ringing");
  bob.call->accept(session({stream("", Direction::recv_only, 6000)}));
  deliver();
  EXPECT_EQ(alice.told.back(), "accepted audio recvonly");
  EXPECT_EQ(bob.told.back(), "confirmed");
  EXPECT_EQ(alice.call->remote().streams[0].transport.rtp.port, 6000);
  alice.call->hang_up();
  deliver();
  EXPECT_EQ(bob.told.back(), "ended hung_up");
  EXPECT_EQ(bob.end->detail.jingle_reason, "success");
  EXPECT_EQ(bob.end->detail.text, "Hung up");
  EXPECT_EQ(alice.sessions.size() + bob.sessions.size(), 0U);
  EXPECT_FALSE(alice.end) << "who hangs up knows";
}

TEST_F(JingleCallTest, EndsBeforeTheAnswer) {
  struct Case {
    std::function<void(JingleCallTest&)> what;
    End JingleCallTest::*told;
    model::EndReason reason;
  };
  const std::vector<Case> cases = {
      {[](auto& t) { t.alice.call->hang_up(); }, &JingleCallTest::bob, model::EndReason::cancelled},
      {[](auto& t) { t.bob.call->refuse(ports::Refusal::declined); }, &JingleCallTest::alice,
       model::EndReason::declined},
      {[](auto& t) { t.bob.call->refuse(ports::Refusal::busy); }, &JingleCallTest::alice,
       model::EndReason::busy},
      {[](auto& t) { t.bob.call->refuse(ports::Refusal::encryption_required); },
       &JingleCallTest::alice, model::EndReason::encryption_required},
      {[](auto& t) { t.bob.call->refuse(ports::Refusal::incompatible_media); },
       &JingleCallTest::alice, model::EndReason::incompatible_media},
      {[](auto& t) { t.bob.call->hang_up(); }, &JingleCallTest::alice, model::EndReason::no_answer},
  };
  for (const Case& each : cases) {
    alice.end = bob.end = std::nullopt;
    place(session({stream("audio")}));
    each.what(*this);
    deliver();
    ASSERT_TRUE((this->*each.told).end);
    EXPECT_EQ((this->*each.told).end->reason, each.reason);
    EXPECT_FALSE((this->*each.told).end->detail.text.empty()) << "words for a person";
    alice.call.reset();
    bob.call.reset();
  }
}

TEST_F(JingleCallTest, IsRefusedAtOnce) {
  bob.refusal = JingleRefusal(Condition::service_unavailable);
  place(session({stream("audio")}));
  EXPECT_THAT(alice.told, ElementsAre("ended unavailable"));
  EXPECT_EQ(alice.sessions.size(), 0U);
}

TEST_F(JingleCallTest, NobodyIsThereAnyMore) {
  place(session({stream("audio")}));
  bob.call.reset();
  alice.call->hang_up();
  deliver();
  EXPECT_EQ(alice.told.size(), 1U);
  place(session({stream("audio")}));
  alice.call->lost();
  alice.call->lost();
  EXPECT_EQ(alice.told.back(), "ended account_offline");
  // The answers that are still on their way find nobody.
  alice.call.reset();
  for (auto& [id, done] : alice.waiting)
    done(base::fail(base::Code::unavailable, "CONNECTION_LOST", "gone"));
}

TEST_F(JingleCallTest, APartIsAnswered) {
  place(session({stream("audio"), stream("video")}));
  auto answer = session({stream("audio"), stream("video")});
  answer.streams[1].rejected = true;
  bob.call->accept(answer);
  deliver();
  EXPECT_THAT(heard, testing::IsSupersetOf({"content-remove", "session-accept"}));
  EXPECT_EQ(alice.told.back(), "accepted audio sendrecv, video rejected");
}

TEST_F(JingleCallTest, APartIsTakenBackBeforeTheAnswer) {
  place(session({stream("audio"), stream("video")}));
  wire.clear();
  bob.hear(
      stanza_of("<iq type='set' id='z' from='alice@x.test/a' to='bob@x.test/b'><jingle "
                "xmlns='urn:xmpp:jingle:1' sid='s1' action='content-remove'><content "
                "creator='initiator' name='video'/></jingle></iq>"));
  wire.clear();
  bob.call->accept(session({stream("audio"), stream("video")}));
  ASSERT_EQ(wire.size(), 1U);
  EXPECT_THAT(wire[0], Not(HasSubstr("video")));
  bob.hear(
      stanza_of("<iq type='set' id='z' from='alice@x.test/a' to='bob@x.test/b'><jingle "
                "xmlns='urn:xmpp:jingle:1' sid='s1' action='content-remove'><content "
                "creator='initiator' name='audio'/></jingle></iq>"));
  EXPECT_EQ(bob.told.back(), "ended hung_up");
}

// XEP-0166 says nothing of what an accept does not name.
TEST_F(JingleCallTest, WhatAnAnswerDoesNotNameIsRejected) {
  place(session({stream("audio"), stream("audio2")}));
  say_to_alice("session-accept", content("audio2"));
  EXPECT_EQ(alice.told.back(), "accepted audio rejected, audio2 sendrecv");
}

TEST_F(JingleCallTest, AnswersThatAreNone) {
  for (const std::string& inner :
       {content("other"), content("video"), content("audio") + content("audio"),
        std::string("<content creator='initiator' name='audio'/>")}) {
    alice.end.reset();
    place(session({stream("audio"), stream("video")}));
    EXPECT_THAT(say_to_alice("session-accept", inner), HasSubstr("type=\"result\""));
    ASSERT_TRUE(alice.end) << inner;
    EXPECT_EQ(alice.end->reason, model::EndReason::protocol_error);
    EXPECT_THAT(wire.back(), HasSubstr("session-terminate"));
    alice.call.reset();
    bob.call.reset();
  }
}

TEST_F(JingleCallTest, AnAnswerTravelsAsItsOfferDoes) {
  auto offer = session({stream("audio")});
  offer.streams[0].transport.ice.emplace();
  place(offer);
  say_to_alice("session-accept", content("audio"));
  EXPECT_EQ(alice.told.back(), "ended protocol_error");
  bob.call->accept(session({stream("audio")}));
  EXPECT_EQ(bob.told.back(), "ended incompatible_media");
  EXPECT_THAT(wire.back(), HasSubstr("unsupported-transports"));
}

TEST_F(JingleCallTest, NobodyAnswersMoreThanWasOffered) {
  place(session({stream("audio", Direction::send_only)}));
  say_to_alice("session-accept", content("audio"));
  EXPECT_EQ(alice.told.back(), "accepted audio recvonly");
}

// ---- what may be said when -----------------------------------------------------------------

TEST_F(JingleCallTest, EverythingHasItsTime) {
  place(session({stream("audio")}));
  for (const char* action :
       {"content-add", "content-accept", "content-reject", "transport-accept", "transport-reject"})
    EXPECT_THAT(say_to_alice(action, content("v", "responder")), HasSubstr("out-of-order"))
        << action;
  for (const char* action : {"content-modify", "transport-replace"})
    EXPECT_THAT(say_to_alice(action, content("audio")), HasSubstr("out-of-order")) << action;
  EXPECT_THAT(say_to_alice("session-initiate", content("audio")), HasSubstr("out-of-order"));
  EXPECT_THAT(say_to_alice("security-info", ""), HasSubstr("unsupported-info"));
  EXPECT_THAT(say_to_alice("description-info", content("audio")), HasSubstr("result"));
  EXPECT_THAT(say_to_alice("session-accept", ""), HasSubstr("bad-request"));
  EXPECT_THAT(say_to_alice("session-accept", content("audio"), "responder='eve@x.test/b'"),
              HasSubstr("bad-request"));
  EXPECT_THAT(say_to_alice("session-accept", content("audio"), "responder='bob@x.test/b'"),
              HasSubstr("result"));
  EXPECT_THAT(say_to_alice("session-accept", content("audio")), HasSubstr("out-of-order"));
  EXPECT_THAT(say_to_alice("content-modify", content("nowhere")), HasSubstr("item-not-found"));
  EXPECT_THAT(say_to_alice("content-modify", ""), HasSubstr("bad-request"));
  EXPECT_THAT(say_to_alice("content-accept", content("audio")), HasSubstr("out-of-order"));
  EXPECT_THAT(say_to_alice("transport-info", "<content creator='initiator' name='audio'/>"),
              HasSubstr("bad-request"));
}

TEST_F(JingleCallTest, WhoInitiatesIsWhoSpeaks) {
  const auto initiate = [&](const std::string& attributes) {
    const Stanza iq = stanza_of(
        "<iq type='set' id='z' from='bob@x.test/b'><jingle "
        "xmlns='urn:xmpp:jingle:1' sid='s9' action='session-initiate' " +
        attributes + ">" + content("audio") + "</jingle></iq>");
    return JingleCall::is_from_initiator(*read_jingle(iq));
  };
  EXPECT_TRUE(initiate("initiator='bob@x.test/b'"));
  EXPECT_TRUE(initiate(""));
  EXPECT_FALSE(initiate("initiator='eve@x.test/b'"));
  EXPECT_FALSE(initiate("initiator='bob@x.test'"));
  EXPECT_FALSE(initiate("initiator='@'"));
}

// Section 7.2.16: the lower sid wins.
TEST_F(JingleCallTest, BothCallAtOnce) {
  alice.call = std::make_unique<JingleCall>(alice.around(), bob.self, "s1");
  alice.call->initiate(session({stream("audio")}));
  const std::string from_alice = wire.front();
  wire.clear();
  bob.call = std::make_unique<JingleCall>(bob.around(), alice.self, "s2");
  bob.call->initiate(session({stream("audio")}));
  auto bobs = std::move(bob.call);  // the offer of alice makes another one
  deliver();
  EXPECT_THAT(bob.told, ElementsAre("ended redirected")) << "tie-break: there is alice's";
  EXPECT_EQ(bob.end->detail.jingle_reason, "conflict");
  bob.end.reset();
  bob.hear(stanza_of(from_alice));
  EXPECT_EQ(bob.told.back(), "call audio sendrecv");
  bob.call.reset();
}

// ---- more ways -----------------------------------------------------------------------------

TEST_F(JingleCallTest, CandidatesTrickle) {
  auto offer = session({stream("audio")});
  offer.streams[0].transport.ice.emplace();
  offer.streams[0].transport.ice->ufrag = "u";
  offer.streams[0].transport.ice->password = base::Secret("p");
  place(offer);
  auto news = offer.streams[0].transport;
  news.ice->candidates = {{"1", 1, {}, 7, {"192.0.2.7", 4000}, {}, {}}};
  alice.call->tell_transport(0, news);
  alice.call->tell_transport(7, news);
  deliver();
  EXPECT_EQ(bob.told.back(), "transport 0 1");
  EXPECT_EQ(bob.call->remote().streams[0].transport.ice->candidates.size(), 1U);
  news.ice->ufrag = "new";
  alice.call->tell_transport(0, news);
  deliver();
  EXPECT_EQ(bob.call->remote().streams[0].transport.ice->candidates.size(), 1U) << "a restart";
  for (int i = 0; i < 100; ++i) alice.call->tell_transport(0, news);
  deliver();
  EXPECT_EQ(bob.call->remote().streams[0].transport.ice->candidates.size(), 64U);
}

// dino#1072: the certificate may come first of all.
TEST_F(JingleCallTest, DinosDialogueIsUnderstood) {
  alice.self = *Jid::parse("alice@lab.test/dino.alice");
  bob.self = *Jid::parse("bob@lab.test/dino.bob");
  bob.hear(stanza_of(dino::initiate));
  ASSERT_TRUE(bob.call);
  bob.hear(stanza_of(dino::transport_info_rtp));
  bob.hear(stanza_of(dino::transport_info_rtcp));
  EXPECT_THAT(bob.told, ElementsAre("call audio sendrecv", "transport 0 1", "transport 0 1"));
  EXPECT_EQ(bob.call->remote().streams[0].transport.ice->candidates.size(), 4U);
  bob.call->accept(bob.call->remote());
  wire.clear();
  bob.hear(stanza_of(dino::terminate));
  EXPECT_EQ(bob.told.back(), "ended hung_up");

  alice.call = std::make_unique<JingleCall>(alice.around(), bob.self,
                                            "86c0c03e-bb9d-4f0b-a746-05beb2a112d4");
  auto offer = session({stream("audio")});
  offer.streams[0].transport.ice.emplace();
  alice.call->initiate(offer);
  alice.hear(stanza_of(dino::accept));
  EXPECT_EQ(alice.told.back(), "accepted audio sendrecv");
  EXPECT_EQ(alice.call->remote().streams[0].transport.dtls->setup,
            model::DtlsParameters::Setup::active);
}

TEST_F(JingleCallTest, ThePeerReplacesATransport) {
  talk();
  const std::string replace =
      "<content creator='initiator' name='audio'><transport "
      "xmlns='urn:xmpp:jingle:transports:raw-udp:1'><candidate component='1' ip='192.0.2.77' "
      "port='7000'/></transport></content>";
  EXPECT_THAT(say_to_alice("transport-replace", replace), HasSubstr("result"));
  EXPECT_EQ(alice.told.back(), "offered audio sendrecv");
  EXPECT_EQ(alice.offered_to_it.streams[0].transport.rtp.ip, "192.0.2.77");
  alice.call->answer_offer(session({stream("audio", Direction::send_recv, 7777)}));
  EXPECT_THAT(wire.back(), testing::AllOf(HasSubstr("transport-accept"), HasSubstr("7777")));
  say_to_alice("transport-replace", replace);
  alice.call->refuse_offer(ports::Refusal::incompatible_media);
  EXPECT_THAT(wire.back(), HasSubstr("transport-reject"));
}

// ---- words -----------------------------------------------------------------------------------

TEST_F(JingleCallTest, MuteIsForShowing) {
  talk();
  alice.call->tell_muted(true);
  alice.call->tell_muted(false);
  deliver();
  EXPECT_THAT(bob.told, ElementsAre("muted all", "unmuted all"));
  const std::string ns = " xmlns='urn:xmpp:jingle:apps:rtp:info:1' creator='initiator' name='";
  say_to_alice("session-info", "<mute" + ns + "audio'/>");
  EXPECT_EQ(alice.told.back(), "muted 0");
  say_to_alice("session-info", "<mute" + ns + "nowhere'/>");
  EXPECT_EQ(alice.told.size(), 1U);
  EXPECT_THAT(say_to_alice("session-info", ""), HasSubstr("result")) << "a ping";
  EXPECT_THAT(say_to_alice("session-info", "<dance xmlns='urn:xmpp:jingle:apps:rtp:info:1'/>"),
              HasSubstr("unsupported-info"));
  EXPECT_THAT(say_to_alice("session-info", "<ringing xmlns='other'/>"),
              HasSubstr("unsupported-info"));
}

TEST_F(JingleCallTest, ATransferIsAskedForAndTold) {
  talk();
  alice.call->transfer({*Jid::parse("carol@x.test/c"), alice.self, "s7"});
  deliver();
  EXPECT_EQ(bob.told.back(), "transfer to carol@x.test/c s7");
  EXPECT_EQ(alice.told.back(), "transfer 2");
  say_to_alice("session-terminate",
               "<reason><success/><transferred xmlns='urn:xmpp:jingle:transfer:0'/></reason>");
  EXPECT_THAT(alice.told, ElementsAre("transfer 2", "transfer 3", "ended transferred"));
}

TEST_F(JingleCallTest, TransfersThatAreNone) {
  place(session({stream("audio")}));
  const std::string transfer = "<transfer xmlns='urn:xmpp:jingle:transfer:0' to='carol@x.test'/>";
  EXPECT_THAT(say_to_alice("session-info", transfer), HasSubstr("out-of-order"));
  bob.call->accept(session({stream("audio")}));
  deliver();
  EXPECT_THAT(say_to_alice("session-info", "<transfer xmlns='urn:xmpp:jingle:transfer:0'/>"),
              HasSubstr("bad-request"));
  EXPECT_THAT(say_to_alice("session-info", "<transfer xmlns='urn:xmpp:jingle:transfer:0' to='@'/>"),
              HasSubstr("bad-request"));
  EXPECT_THAT(say_to_alice("session-info", transfer), HasSubstr("result"));
  EXPECT_EQ(alice.told.back(), "transfer to carol@x.test ");
}

}  // namespace
}  // namespace commd::xmpp::test
