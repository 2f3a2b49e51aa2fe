// What is said in a room, and what is to be said.
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

TEST_F(RoomFlowTest, WhatIsSaidGoesToTheDisk) {
  join();
  EXPECT_TRUE(
      said("Bob", "hello Ann", "m1", "<occupant-id xmlns='urn:xmpp:occupant-id:0' id='o-bob'/>"));
  ASSERT_THAT(received, SizeIs(1));
  const ports::IncomingMessage& in = received[0];
  EXPECT_TRUE(in.room && in.mentioned && !in.outgoing && !in.perhaps_own);
  EXPECT_EQ(in.peer + " " + in.sender, kUri + " " + kUri + "/Bob");
  EXPECT_EQ(in.remote_id + in.room_id + in.occupant, "m1s-m1o-bob");
  EXPECT_FALSE(in.fingerprint.empty());
}

TEST_F(RoomFlowTest, AFileIsOneInARoomToo) {
  join();
  said("Bob", "https://files.example.org/a.png", "m1",
       "<x xmlns='jabber:x:oob'><url>https://files.example.org/a.png</url></x>");
  ASSERT_THAT(received, SizeIs(1));
  EXPECT_EQ(received[0].attachment.url, "https://files.example.org/a.png");
  all_sent();
  ports::OutgoingMessage file{model::AccountId("me"), model::MessageId("f"), kUri,
                              "https://files.example.org/b.txt"};
  file.attachment.url = file.text;
  file.attachment.name = "b.txt";
  flow.send(file);
  const std::string told_all = all_sent();
  EXPECT_THAT(told_all, HasSubstr("jabber:x:oob"));
  EXPECT_THAT(told_all, HasSubstr("type=\"groupchat\""));
}

TEST_F(RoomFlowTest, NobodyMakesWhatHeSaysNowOlder) {
  join();
  message(kRoom + "/Bob", "<subject/>");
  said("Bob", "now", "m1",
       "<delay xmlns='urn:xmpp:delay' from='" + kRoom + "' stamp='2001-02-03T04:05:06Z'/>");
  EXPECT_EQ(received.back().time, base::WallTime{});
}

TEST_F(RoomFlowTest, NobodyElseSpeaksInARoom) {
  join();
  EXPECT_FALSE(message("coffee@rooms.example.org/Bob", "<body>x</body>", "m1"));
  EXPECT_FALSE(message("eve@example.org/x", "<body>x</body>", "m1"));
  flow.leave(kUri, {}, note());
  EXPECT_FALSE(said("Bob", "too late", "m2"));
  EXPECT_THAT(received, IsEmpty());
}

TEST_F(RoomFlowTest, IdsThatTheRoomDoesNotVouchForAreForNothing) {
  flow.session_began();
  ask_in();
  let_in("");
  said("Bob", "hello", "m1", "<occupant-id xmlns='urn:xmpp:occupant-id:0' id='o-ann'/>");
  ASSERT_THAT(received, SizeIs(1));
  EXPECT_THAT(received[0].room_id, IsEmpty());
  EXPECT_NE(received[0].occupant, "o-ann");
  EXPECT_FALSE(received[0].outgoing);
}

TEST_F(RoomFlowTest, AStayNamesWhoSpokeWhereTheRoomNamesNobody) {
  flow.session_began();
  ask_in();
  let_in("");
  const auto speak = [&](const std::string& id) {
    said("Bob", "x", id);
    return received.back().occupant;
  };
  const std::string first = speak("m1");
  EXPECT_EQ(speak("m2"), first);
  presence("Bob", user("<item/>"), "unavailable");
  presence("Bob", user(item()));
  EXPECT_NE(speak("m3"), first) << "another one with that nick";
}

TEST_F(RoomFlowTest, AMessageHasArrivedWhenTheRoomTellsIt) {
  join();
  send("a", "mine");
  EXPECT_THAT(sent.back(), HasSubstr("type=\"groupchat\""));
  EXPECT_THAT(sent.back(), Not(HasSubstr("urn:xmpp:receipts")));
  said("Ann", "mine", "a", "<occupant-id xmlns='urn:xmpp:occupant-id:0' id='o-ann'/>");
  ASSERT_THAT(received, SizeIs(1));
  EXPECT_TRUE(received[0].outgoing);
  sent.clear();
  flow.session_began();
  let_in();
  archive_ends();
  EXPECT_THAT(all_sent(), Not(HasSubstr("mine")));
}

TEST_F(RoomFlowTest, WhatMayHaveGoneOutIsSentAgainUnlessTheArchiveHasIt) {
  join();
  said("Bob", "zero", "m0");
  send("a", "first");
  send("b", "second");
  sent.clear();
  flow.session_began();
  answer_info();
  presence("Ann", user(item() + "<status code='110'/>", "o-ann"));
  const std::string question = id_of("urn:xmpp:mam:2");
  EXPECT_THAT(all_sent(), Not(HasSubstr("second")));
  const auto result = [&](const std::string& from) {
    return stanza_of("<message from='" + from + "'><result xmlns='urn:xmpp:mam:2' queryid='" +
                     question +
                     "' id='s1'><forwarded xmlns='urn:xmpp:forward:0'><message "
                     "xmlns='jabber:client' type='groupchat' from='" +
                     kRoom +
                     "/Ann' id='a'><body>first</body><occupant-id "
                     "xmlns='urn:xmpp:occupant-id:0' id='o-ann'/></message></forwarded></result>"
                     "</message>");
  };
  EXPECT_EQ(flow.take_message(result("eve@example.org"), ++ticket), RoomFlow::Taken::no);
  EXPECT_EQ(flow.take_message(result(kRoom + "/Bob"), ++ticket), RoomFlow::Taken::no);
  EXPECT_EQ(flow.take_message(result(kRoom), ++ticket), RoomFlow::Taken::waits);
  flow.stored(ticket);
  iq("<iq type='result' from='" + kRoom + "' id='" + question +
     "'><fin xmlns='urn:xmpp:mam:2' complete='true'><set "
     "xmlns='http://jabber.org/protocol/rsm'><first>s1</first><last>s1</last></set></fin></iq>");
  const std::string again = all_sent();
  EXPECT_THAT(again, Not(HasSubstr("first")));
  EXPECT_THAT(again, HasSubstr("second"));
  EXPECT_TRUE(received.back().outgoing);
  pass(10s);
  EXPECT_THAT(places, ElementsAre("s1"));
}

TEST_F(RoomFlowTest, ThePlaceNeverPassesWhatIsNotOnDisk) {
  join();
  stores = false;
  said("Bob", "one", "m1");
  said("Bob", "two", "m2");
  flow.stored(ticket);
  pass(10s);
  EXPECT_THAT(places, IsEmpty());
  flow.stored(ticket - 1);
  pass(10s);
  EXPECT_THAT(places, ElementsAre("s-m2"));
}

TEST_F(RoomFlowTest, AnArchiveThatStallsKeepsNobodyFromSpeaking) {
  flow.session_began();
  ask_in();
  let_in();
  send("a", "mine");
  const std::string question = id_of("urn:xmpp:mam:2");
  EXPECT_THAT(all_sent(), Not(HasSubstr("mine")));
  // A first page, and then nothing: the wait is for the next one.
  pass(RoomSession::join_patience - 1s);
  iq("<iq type='result' from='" + kRoom + "' id='" + question +
     "'><fin xmlns='urn:xmpp:mam:2'><set xmlns='http://jabber.org/protocol/rsm'>"
     "<first>s1</first><last>s9</last></set></fin></iq>");
  pass(RoomSession::join_patience - 1s);
  EXPECT_THAT(all_sent(), Not(HasSubstr("mine")));
  pass(2s);
  EXPECT_THAT(all_sent(), HasSubstr("mine"));
}

TEST_F(RoomFlowTest, AnErrorFailsTheMessage) {
  join();
  send("a", "mine");
  message(kRoom,
          "<error type='auth'><forbidden xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>"
          "</error>",
          "a", "error");
  EXPECT_THAT(news, ElementsAre("a failed XMPP_FORBIDDEN"));
  send("b", "mine");
  const auto lost = [&] {
    message(kRoom,
            "<error type='cancel'><not-acceptable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>"
            "</error>",
            "b", "error");
  };
  lost();
  EXPECT_EQ(told.last.reason, "ROOM_LOST");
  let_in();
  archive_ends();
  EXPECT_THAT(all_sent(), HasSubstr("mine"));
  lost();
  EXPECT_THAT(news, ElementsAre("a failed XMPP_FORBIDDEN", "b failed XMPP_NOT_ACCEPTABLE"));
}

TEST_F(RoomFlowTest, NothingIsSaidWhereNobodyIs) {
  flow.session_began();
  EXPECT_FALSE(flow.send({model::AccountId("me"), model::MessageId("a"), kUri, "x"}));
  join();
  flow.leave(kUri, "bye", note());
  send("b", "x");
  EXPECT_THAT(news, ElementsAre("b failed ROOM_NOT_JOINED"));
}

}  // namespace
}  // namespace commd::xmpp
