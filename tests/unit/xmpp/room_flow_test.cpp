// Going into rooms and staying in them; who is there; what is asked of them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/xmpp/room_fixture.h"

namespace commd::xmpp {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

TEST_F(RoomFlowTest, GoesInAfterAskingWhatTheRoomIsLike) {
  flow.session_began();
  ask_in();
  EXPECT_THAT(sent.back(), HasSubstr("disco#info"));
  answer_info();
  EXPECT_THAT(sent.back(), HasSubstr("to=\"tea@rooms.example.org/Ann\""));
  EXPECT_THAT(sent.back(), HasSubstr("maxchars=\"0\"")) << "the archive tells it";
  EXPECT_THAT(results, IsEmpty());
  presence("Bob", user(item()));
  presence("Ann", user(item("jid='me@example.org/x'") + "<status code='110'/>"));
  EXPECT_THAT(results, ElementsAre("done"));
  EXPECT_EQ(told.last.state, RoomState::joined);
  EXPECT_EQ(told.last.occupants, 2U);
  EXPECT_EQ(told.last.traits.name, "Tea");
  EXPECT_THAT(told.people, IsEmpty()) << "who was there before is no news";
  EXPECT_THAT(sent.back(), HasSubstr("urn:xmpp:mam:2"));
}

TEST_F(RoomFlowTest, WithoutAnArchiveTheRoomTellsWhatWasSaid) {
  flow.session_began();
  ask_in();
  answer_info("");
  EXPECT_THAT(sent.back(), HasSubstr("maxstanzas=\"100\""));
  presence("Ann", user(item() + "<status code='110'/>"));
  EXPECT_TRUE(message(kRoom + "/Bob",
                      "<body>before</body><delay xmlns='urn:xmpp:delay' from='" + kRoom +
                          "' stamp='2023-01-02T03:04:05Z'/>",
                      "m1"));
  send("a", "mine");
  EXPECT_THAT(all_sent(), Not(HasSubstr("mine")));
  message(kRoom + "/Bob", "<subject>tea</subject>");
  EXPECT_THAT(all_sent(), HasSubstr("mine")) << "the subject comes last";
}

TEST_F(RoomFlowTest, WhoIsRefusedIsToldAndStaysOut) {
  flow.session_began();
  ask_in();
  answer_info();
  presence("Ann",
           "<error type='auth'><not-authorized xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>"
           "</error>",
           "error");
  EXPECT_THAT(results, ElementsAre("ROOM_PASSWORD"));
  EXPECT_EQ(told.last.reason, "ROOM_PASSWORD");
  EXPECT_EQ(told.last.state, RoomState::failed);
  sent.clear();
  flow.session_began();
  pass(1h);
  EXPECT_THAT(all_sent(), Not(HasSubstr("<presence")));
}

TEST_F(RoomFlowTest, ANickThatIsHeldByAGhostIsTriedAgainWhereNobodyWaits) {
  join();
  flow.session_began();
  for (int i = 0; i < RoomSession::most_nick_attempts; ++i) {
    answer_info();
    presence("Ann",
             "<error type='cancel'><conflict xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>"
             "</error>",
             "error");
    EXPECT_EQ(told.last.state, RoomState::joining) << i;
    pass(20s);
  }
  let_in();
  EXPECT_EQ(told.last.state, RoomState::joined);
}

TEST_F(RoomFlowTest, ARoomThatCannotSayWhatItIsLikeIsAskedAgain) {
  join();
  flow.session_began();
  refuse("disco#info", "resource-constraint");
  EXPECT_EQ(told.last.state, RoomState::joining);
  pass(20s);
  let_in();
  EXPECT_EQ(told.last.state, RoomState::joined);
}

TEST_F(RoomFlowTest, ARoomThatChangesWithoutEndIsAskedOnce) {
  join();
  for (int i = 0; i < 100; ++i) message(kRoom, user("<status code='104'/>"));
  EXPECT_THAT(sent, SizeIs(1));
}

TEST_F(RoomFlowTest, MustExistMakesNone) {
  flow.session_began();
  flow.join({kUri, "Ann", "", true}, note());
  refuse("disco#info", "item-not-found");
  EXPECT_THAT(results, ElementsAre("ROOM_NOT_FOUND"));
  flow.join({kUri, "Ann", "", false}, note());
  refuse("disco#info", "item-not-found");
  EXPECT_THAT(sent.back(), HasSubstr("<presence"));
  presence("Ann", user("<item affiliation='owner' role='moderator'/><status code='110'/>"
                       "<status code='201'/>"));
  EXPECT_THAT(sent.back(), HasSubstr("muc#owner")) << "it is opened as its service has it";
  EXPECT_EQ(results.size(), 1U);
  iq("<iq type='result' from='" + kRoom + "' id='" + id_of("muc#owner") + "'/>");
  EXPECT_THAT(results, ElementsAre("ROOM_NOT_FOUND", "done"));
}

TEST_F(RoomFlowTest, ANewRoomIsAsWantedBeforeAnybodyComes) {
  flow.session_began();
  model::DataForm wanted;
  wanted.fields.push_back({"muc#roomconfig_membersonly", {}, {}, {}, false, {"1"}, {}});
  flow.create({kUri, "Ann", "", false}, wanted, note());
  refuse("disco#info", "item-not-found");
  presence("Ann", user("<item affiliation='owner'/><status code='110'/><status code='201'/>"));
  iq("<iq type='result' from='" + kRoom + "' id='" + id_of("muc#owner") +
     "'><query xmlns='http://jabber.org/protocol/muc#owner'><x xmlns='jabber:x:data' type='form'>"
     "<field var='muc#roomconfig_membersonly' type='boolean'><value>0</value></field></x></query>"
     "</iq>");
  EXPECT_THAT(sent.back(), HasSubstr("<value>1</value>"));
  EXPECT_THAT(results, IsEmpty());
  iq("<iq type='result' from='" + kRoom + "' id='" + id_of("muc#owner") + "'/>");
  EXPECT_THAT(results, ElementsAre("done"));
  send("a", "first words");
  EXPECT_THAT(sent.back(), HasSubstr("first words")) << "nothing was said there before";
  flow.create({kUri, "Ann", "", false}, {}, note());
  EXPECT_THAT(results, ElementsAre("done", "ROOM_EXISTS"));
}

TEST_F(RoomFlowTest, ARoomThatCannotBeAsWantedIsNotLeftBehind) {
  flow.session_began();
  model::DataForm wanted;
  wanted.fields.push_back({"nonsense", {}, {}, {}, false, {"1"}, {}});
  flow.create({kUri, "Ann", "", false}, wanted, note());
  refuse("disco#info", "item-not-found");
  presence("Ann", user("<item affiliation='owner'/><status code='110'/><status code='201'/>"));
  iq("<iq type='result' from='" + kRoom + "' id='" + id_of("muc#owner") +
     "'><query xmlns='http://jabber.org/protocol/muc#owner'><x xmlns='jabber:x:data' "
     "type='form'/></query></iq>");
  EXPECT_THAT(results, ElementsAre("FIELD_UNKNOWN"));
  EXPECT_THAT(sent.back(), HasSubstr("<destroy"));
}

TEST_F(RoomFlowTest, TellsWhoComesAndGoes) {
  join();
  presence("Carol", user(item(), "o-carol"));
  presence("Carol", "<show>away</show>" + user(item(), "o-carol"));
  presence("Carol", "<show>away</show>" + user(item(), "o-carol"));
  presence("Carol", user("<item nick='Caro'/><status code='303'/>"), "unavailable");
  presence("Caro", "<show>away</show>" + user(item(), "o-carol"));
  presence("Caro", user("<item role='none'/><status code='307'/>"), "unavailable");
  presence("Bob", user("<item role='none'/><status code='301'/>"), "unavailable");
  EXPECT_THAT(told.people, ElementsAre("Carol joined", "Carol changed", "Carol renamedCaro",
                                       "Caro kicked", "Bob banned"));
}

TEST_F(RoomFlowTest, WhoIsPutOutStaysOutAndKnowsWhy) {
  for (const auto& [codes, reason] :
       std::vector<std::pair<std::string, std::string>>{{"307", "ROOM_KICKED"},
                                                        {"301", "ROOM_BANNED"},
                                                        {"321", "ROOM_REMOVED"},
                                                        {"322", "ROOM_MEMBERS_ONLY"}}) {
    join();
    presence("Ann",
             user("<item role='none'><actor nick='Bob'/><reason>loud</reason></item>"
                  "<status code='110'/><status code='" +
                  codes + "'/>"),
             "unavailable");
    EXPECT_EQ(told.last.reason, reason);
    EXPECT_EQ(told.last.state, RoomState::failed);
    EXPECT_THAT(told.last.message, HasSubstr("Bob"));
    EXPECT_THAT(told.last.message, HasSubstr("loud"));
    sent.clear();
    pass(1h);
    EXPECT_THAT(sent, IsEmpty());
  }
  join();
  presence("Ann", user("<item/><destroy jid='coffee@rooms.example.org'/>"), "unavailable");
  EXPECT_EQ(told.last.reason, "ROOM_DESTROYED");
  EXPECT_THAT(told.last.message, HasSubstr("coffee@rooms.example.org"));
}

TEST_F(RoomFlowTest, AServiceThatGoesForAWhileIsEnteredAgain) {
  for (const char* code : {"332", "333"}) {
    join();
    presence("Ann",
             user("<item/><status code='110'/><status code='307'/><status code='" +
                  std::string(code) + "'/>"),
             "unavailable");
    EXPECT_EQ(told.last.state, RoomState::joining);
    pass(20s);
    let_in();
    EXPECT_EQ(told.last.state, RoomState::joined);
  }
}

TEST_F(RoomFlowTest, AfterSilenceItAsksWhetherItIsIn) {
  join();
  pass(RoomSession::quiet + 1s);
  EXPECT_THAT(all_sent(), HasSubstr("urn:xmpp:ping"));
  const std::string me = kRoom + "/Ann";
  sent.clear();
  pass(RoomSession::quiet + 1s);
  refuse("urn:xmpp:ping", "service-unavailable", me);
  EXPECT_EQ(told.last.state, RoomState::joined) << "another device answers";
  pass(RoomSession::quiet + 1s);
  refuse("urn:xmpp:ping", "not-acceptable", me);
  EXPECT_EQ(told.last.reason, "ROOM_LOST");
  let_in();
  EXPECT_EQ(told.last.state, RoomState::joined);
}

TEST_F(RoomFlowTest, AResumedStreamMayHaveLostTheRoom) {
  join();
  flow.session_cut(true);
  flow.session_resumed();
  refuse("urn:xmpp:ping", "not-acceptable", kRoom + "/Ann");
  EXPECT_EQ(told.last.state, RoomState::joining);
}

TEST_F(RoomFlowTest, AnotherNickIsTrueWhenTheRoomSaysSo) {
  join();
  flow.set_nick(kUri, "Bob", note());
  presence("Bob",
           "<error type='cancel'><conflict xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>",
           "error");
  EXPECT_THAT(results, ElementsAre("NICK_TAKEN"));
  EXPECT_EQ(told.last.nick, "Ann");
  flow.set_nick(kUri, "Annie", note());
  presence("Ann", user("<item nick='Annie'/><status code='303'/><status code='110'/>"),
           "unavailable");
  EXPECT_THAT(results, ElementsAre("NICK_TAKEN", "done"));
  EXPECT_EQ(told.last.nick, "Annie");
  flow.set_nick(kUri, "Anna", note());
  pass(1min);
  EXPECT_EQ(results.back(), "SERVER_SILENT");
}

TEST_F(RoomFlowTest, ASubjectIsTrueWhenTheRoomSaysSo) {
  join();
  flow.set_subject(kUri, "Oolong", note());
  message(kRoom + "/Ann", "<subject>Oolong</subject>");
  EXPECT_THAT(results, ElementsAre("done"));
  EXPECT_EQ(told.last.subject + " " + told.last.subject_by, "Oolong Ann");
}

TEST_F(RoomFlowTest, WhatNeedsTheRoomSaysThatItIsNotThere) {
  flow.set_nick(kUri, "x", note());
  EXPECT_THAT(results, ElementsAre("ACCOUNT_NOT_ONLINE"));
  flow.session_began();
  flow.set_subject(kUri, "x", note());
  flow.set_role(kUri, "Bob", model::RoomRole::none, {}, note());
  flow.invite(kUri, "xmpp:bob@example.org", {}, note());
  EXPECT_THAT(results, ElementsAre("ACCOUNT_NOT_ONLINE", "ROOM_NOT_JOINED", "ROOM_NOT_JOINED",
                                   "ROOM_NOT_JOINED"));
}

TEST_F(RoomFlowTest, InvitationsAreToldUnlessOneIsIn) {
  const auto invite = [&] {
    message("bob@example.org/x", "<x xmlns='jabber:x:conference' jid='" + kRoom + "'/>", "",
            "normal");
  };
  invite();
  EXPECT_THAT(told.invitations, ElementsAre(kUri + " by xmpp:bob@example.org"));
  join();
  invite();
  EXPECT_THAT(told.invitations, SizeIs(1));
}

TEST_F(RoomFlowTest, WhoIsThereForNobodyIsInNoRoom) {
  join();
  flow.set_presence({model::Availability::unavailable, {}, {}});
  EXPECT_EQ(told.last.reason, "PRESENCE_UNAVAILABLE");
  flow.set_presence({model::Availability::away, {}, {}});
  let_in();
  EXPECT_EQ(told.last.state, RoomState::joined);
  EXPECT_THAT(all_sent(), HasSubstr("<show>away</show>"));
}

TEST_F(RoomFlowTest, ACutIsToldWhenItLasts) {
  join();
  flow.session_cut(true);
  EXPECT_THAT(heard(), IsEmpty());
  pass(RoomSession::resume_patience);
  EXPECT_THAT(heard(), ElementsAre("joining CONNECTION_LOST"));
  flow.session_cut(false);
  EXPECT_THAT(heard(), ElementsAre("joining CONNECTION_LOST"));
}

TEST_F(RoomFlowTest, OnlySoManyPeopleAreKnown) {
  flow.session_began();
  ask_in();
  answer_info();
  for (size_t i = 0; i < model::max_occupants + 10; ++i)
    presence("n" + std::to_string(i), user(item()));
  presence("Ann", user(item() + "<status code='110'/>"));
  EXPECT_EQ(told.last.occupants, model::max_occupants + 11);
}

TEST_F(RoomFlowTest, BookmarksComeFromTheServerAndGoThere) {
  flow.session_began();
  iq("<iq type='result' id='" + id_of("urn:xmpp:bookmarks:1") +
     "'><pubsub xmlns='http://jabber.org/protocol/pubsub'><items node='urn:xmpp:bookmarks:1'>"
     "<item id='" +
     kRoom +
     "'><conference xmlns='urn:xmpp:bookmarks:1' autojoin='true'/></item>"
     "</items></pubsub></iq>");
  EXPECT_THAT(told.bookmarks, ElementsAre(kUri + " auto", "whole"));
  flow.put_bookmark({kUri, "Tea", "Ann", {}, true}, note());
  iq("<iq type='error' id='" + id_of("publish") +
     "'><error type='cancel'><conflict xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>");
  EXPECT_THAT(sent.back(), HasSubstr("pubsub#owner")) << "made private first";
  iq("<iq type='result' id='" + id_of("configure") + "'/>");
  EXPECT_THAT(sent.back(), Not(HasSubstr("publish-options")));
  iq("<iq type='result' id='" + id_of("publish") + "'/>");
  EXPECT_THAT(results, ElementsAre("done"));
  flow.remove_bookmark(kUri, note());
  iq("<iq type='error' id='" + id_of("retract") +
     "'><error type='cancel'><feature-not-implemented "
     "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>");
  EXPECT_THAT(results, ElementsAre("done", "BOOKMARKS_NOT_SUPPORTED"));
}

TEST_F(RoomFlowTest, RoomsAreLookedForAtTheServicesOfTheServer) {
  flow.session_began();
  std::vector<std::string> found;
  flow.find({}, [&](base::Result<ports::RoomsFound> result) {
    ASSERT_TRUE(result);
    for (const auto& each : result->rooms) found.push_back(each.address);
    found.push_back("end");
  });
  iq("<iq type='result' from='example.org' id='" + id_of("disco#items") +
     "'><query xmlns='http://jabber.org/protocol/disco#items'><item jid='rooms.example.org'/>"
     "<item jid='proxy.example.org'/></query></iq>");
  const std::string proxy = id_of("to=\"proxy.example.org\"");
  iq("<iq type='result' from='rooms.example.org' id='" + id_of("to=\"rooms.example.org\"") +
     "'><query xmlns='http://jabber.org/protocol/disco#info'><identity category='conference' "
     "type='text'/><feature var='http://jabber.org/protocol/muc'/></query></iq>");
  iq("<iq type='result' from='rooms.example.org' id='" + id_of("disco#items") +
     "'><query xmlns='http://jabber.org/protocol/disco#items'><item jid='" + kRoom +
     "'/></query></iq>");
  EXPECT_THAT(found, IsEmpty());
  iq("<iq type='error' from='proxy.example.org' id='" + proxy + "'/>");
  EXPECT_THAT(found, ElementsAre(kUri, "end"));
}

TEST_F(RoomFlowTest, WhoAsksWhileItIsAwayIsInWhenItIsBack) {
  ask_in();
  EXPECT_THAT(results, ElementsAre("ACCOUNT_NOT_ONLINE"));
  EXPECT_EQ(told.last.state, RoomState::joining);
  flow.session_began();
  let_in();
  EXPECT_EQ(told.last.state, RoomState::joined);
}

TEST_F(RoomFlowTest, ANickThatIsRefusedIsAskedForNoMore) {
  join();
  flow.join({kUri, "Bob", "", true}, note());
  presence("Bob",
           "<error type='cancel'><conflict xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>",
           "error");
  EXPECT_THAT(results, ElementsAre("NICK_TAKEN"));
  sent.clear();
  flow.session_began();
  answer_info();
  EXPECT_THAT(sent.back(), HasSubstr("to=\"tea@rooms.example.org/Ann\""));
}

TEST_F(RoomFlowTest, ANickThatIsRefusedOnTheWayBackLeavesTheOneOfBefore) {
  join();
  flow.session_began();
  flow.join({kUri, "Bob", "", false}, note());
  answer_info();
  EXPECT_THAT(sent.back(), HasSubstr("to=\"tea@rooms.example.org/Bob\""));
  presence("Bob",
           "<error type='cancel'><conflict xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>",
           "error");
  EXPECT_THAT(results, ElementsAre("NICK_TAKEN"));
  let_in();
  EXPECT_EQ(told.last.state, RoomState::joined);
  EXPECT_EQ(told.last.nick, "Ann");
}

TEST_F(RoomFlowTest, ANickOfAnAbsenceThatIsRefusedLeavesTheOneOfBefore) {
  join();
  flow.session_cut(false);
  flow.session_ended();
  flow.join({kUri, "Bob", "", false}, note());
  EXPECT_THAT(results, ElementsAre("ACCOUNT_NOT_ONLINE")) << "nobody waits any more";
  flow.session_began();
  for (int i = 0; i <= RoomSession::most_nick_attempts; ++i) {
    answer_info();
    presence("Bob",
             "<error type='cancel'><conflict xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>"
             "</error>",
             "error");
    pass(20s);
  }
  let_in();
  EXPECT_EQ(told.last.state, RoomState::joined);
  EXPECT_EQ(told.last.nick, "Ann");
}

TEST_F(RoomFlowTest, ACutWhileARoomIsAskedIsNotItsSilence) {
  flow.session_began();
  ask_in();
  answer_info();
  flow.session_cut(true);
  pass(RoomSession::join_patience + 1s);
  EXPECT_THAT(results, ElementsAre("ACCOUNT_NOT_ONLINE"));
  EXPECT_EQ(told.last.state, RoomState::joining);
  flow.session_resumed();
  let_in();
  EXPECT_EQ(told.last.state, RoomState::joined);
}

TEST_F(RoomFlowTest, AnotherNickOnTheWayInIsAskedFor) {
  flow.session_began();
  ask_in();
  answer_info();
  flow.join({kUri, "Bob", "", false}, note());
  answer_info();
  EXPECT_THAT(sent.back(), HasSubstr("to=\"tea@rooms.example.org/Bob\""));
  presence("Bob", user(item() + "<status code='110'/>"));
  EXPECT_THAT(results, ElementsAre("done", "done"));
  EXPECT_EQ(told.last.nick, "Bob");
}

TEST_F(RoomFlowTest, RoomsThatWereLeftMakeRoomForOthers) {
  join();
  const auto other = [](size_t i) { return "xmpp:r" + std::to_string(i) + "@rooms.example.org"; };
  for (size_t i = 0; i < 2 * model::max_rooms; ++i) {
    if (i % 500 == 0) pass(31s);  // what is not answered is given up
    results.clear();
    flow.join({other(i), "Ann", "", false}, note());
    ASSERT_THAT(results, IsEmpty()) << i;
    const std::string asked = id_of("to=\"r" + std::to_string(i) + "@");
    flow.leave(other(i), {}, note());
    sent.clear();
    // An answer that comes when it is over, and after the room is known no more.
    if (i % 2 == 1) continue;
    iq("<iq type='error' from='r" + std::to_string(i) + "@rooms.example.org' id='" + asked + "'/>");
  }
  // Those that were asked and are known no more are answered to nobody.
  pass(1min);
  results.clear();
  send("a", "still in");
  EXPECT_THAT(all_sent(), HasSubstr("still in"));
  for (size_t i = 0; i < model::max_rooms; ++i) flow.join({other(i), "Ann", "", false}, note());
  EXPECT_THAT(results, ElementsAre("TOO_MANY_ROOMS")) << "who is in as many gets in no more";
}

TEST_F(RoomFlowTest, ABookmarkThatCouldNotBePutHasThemAskedForAnew) {
  flow.session_began();
  flow.session_cut(true);
  flow.put_bookmark({kUri, "Tea", "Ann", {}, false}, note());
  EXPECT_THAT(results, ElementsAre("ACCOUNT_NOT_ONLINE"));
  sent.clear();
  flow.session_resumed();
  EXPECT_THAT(all_sent(), HasSubstr("urn:xmpp:bookmarks:1"));
  flow.session_cut(true);
  flow.session_resumed();
  EXPECT_THAT(all_sent(), Not(HasSubstr("urn:xmpp:bookmarks:1")));
}

}  // namespace
}  // namespace commd::xmpp
