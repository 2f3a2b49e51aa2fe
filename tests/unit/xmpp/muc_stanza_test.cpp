// What rooms say, and what is said to them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/xmpp/bookmarks.h"
#include "daemon/xmpp/muc_admin.h"
#include "daemon/xmpp/muc_message.h"
#include "daemon/xmpp/muc_presence.h"
#include "tests/unit/xmpp/stanza_of.h"

namespace commd::xmpp {
namespace {

using model::Affiliation;
using model::RoomRole;
using test::stanza_of;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

const base::WallTime kNow{std::chrono::seconds(1'700'000'000)};
const Jid kRoom = *Jid::parse("tea@rooms.example.org");

std::string user(const std::string& inside) {
  return "<x xmlns='http://jabber.org/protocol/muc#user'>" + inside + "</x>";
}

std::optional<RoomPresence> presence(const std::string& inside, const std::string& type = "",
                                     const std::string& from = "tea@rooms.example.org/Bob") {
  return read_room_presence(
      stanza_of("<presence from='" + from + "'" + (type.empty() ? "" : " type='" + type + "'") +
                ">" + inside + "</presence>"),
      kNow);
}

std::optional<RoomMessage> message(const std::string& inside, const std::string& attributes = "",
                                   const std::string& from = "tea@rooms.example.org/Bob") {
  return read_room_message(stanza_of("<message type='groupchat' from='" + from + "' " + attributes +
                                     ">" + inside + "</message>"),
                           kRoom, kNow);
}

TEST(RoomPresence, TellsWhoIsThere) {
  const auto read =
      presence("<show>away</show><status>tea time</status>" +
               user("<item affiliation='admin' role='moderator' jid='bob@example.org/x'/>"
                    "<status code='110'/><status code='210'/><status code='x'/>") +
               "<occupant-id xmlns='urn:xmpp:occupant-id:0' id='o1'/>");
  ASSERT_TRUE(read);
  EXPECT_EQ(read->kind, RoomPresence::Kind::there);
  EXPECT_EQ(read->occupant.nick, "Bob");
  EXPECT_EQ(read->occupant.address, "xmpp:bob@example.org");
  EXPECT_EQ(read->occupant.affiliation, Affiliation::admin);
  EXPECT_EQ(read->occupant.role, RoomRole::moderator);
  EXPECT_EQ(read->occupant.presence.status, "tea time");
  EXPECT_EQ(read->occupant_id, "o1");
  EXPECT_THAT(read->codes, ElementsAre(110, 210));
  EXPECT_TRUE(read->says(MucStatus::self) && read->says(MucStatus::nick_given));
}

TEST(RoomPresence, TellsHowSomebodyWent) {
  const auto kicked = presence(
      user("<item role='none'><actor nick='Ann'/><reason>loud</reason></item><status code='307'/>"),
      "unavailable");
  ASSERT_TRUE(kicked);
  EXPECT_TRUE(kicked->says(MucStatus::kicked));
  EXPECT_EQ(kicked->actor + " " + kicked->text, "Ann loud");
  const auto renamed = presence(user("<item nick='Bobby'/><status code='303'/>"), "unavailable");
  EXPECT_EQ(renamed->new_nick, "Bobby");
  const auto ended = presence(
      user("<item/><destroy jid='coffee@rooms.example.org'><reason>moved</reason></destroy>"),
      "unavailable", "tea@rooms.example.org");
  ASSERT_TRUE(ended && ended->destroyed);
  EXPECT_EQ(ended->successor + " " + ended->text, "xmpp:coffee@rooms.example.org moved");
}

TEST(RoomPresence, WhatIsNoStateOfAnOccupantIsNone) {
  EXPECT_FALSE(presence("", "", "tea@rooms.example.org"));
  EXPECT_FALSE(presence("", "subscribe"));
  EXPECT_FALSE(presence("", "", "@"));
  EXPECT_FALSE(presence("", "", "tea@rooms.example.org/" + std::string(300, 'x')));
}

TEST(RoomPresence, IsBounded) {
  std::string codes;
  for (int i = 0; i < 100; ++i) codes += "<status code='" + std::to_string(i) + "'/>";
  const auto read =
      presence("<status>" + std::string(5000, 's') + "</status>" +
               user("<item><reason>" + std::string(5000, 'r') + "</reason></item>" + codes) +
               "<occupant-id xmlns='urn:xmpp:occupant-id:0' id='" + std::string(1000, 'o') + "'/>");
  ASSERT_TRUE(read);
  EXPECT_THAT(read->codes, SizeIs(16));
  EXPECT_EQ(read->text.size(), model::max_room_text_bytes);
  EXPECT_EQ(read->occupant.presence.status.size(), model::max_status_bytes);
  EXPECT_THAT(read->occupant_id, IsEmpty());
}

TEST(RoomPresence, RefusalsHaveTheirReasonAndTheirWords) {
  const auto reason = [](const std::string& condition) {
    const auto read = presence("<error type='cancel'><" + condition +
                                   " xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>",
                               "error");
    if (!read) return std::string("unread");
    const base::Error error = to_room_error(read->error, "xmpp:tea@rooms.example.org", "Ann");
    EXPECT_GT(error.message.size(), 20U);
    EXPECT_EQ(error.details.at("room"), "xmpp:tea@rooms.example.org");
    return error.reason;
  };
  EXPECT_EQ(reason("not-authorized"), "ROOM_PASSWORD");
  EXPECT_EQ(reason("registration-required"), "ROOM_MEMBERS_ONLY");
  EXPECT_EQ(reason("forbidden"), "ROOM_BANNED");
  EXPECT_EQ(reason("conflict"), "NICK_TAKEN");
  EXPECT_EQ(reason("service-unavailable"), "ROOM_FULL");
  EXPECT_EQ(reason("item-not-found"), "ROOM_LOCKED");
  EXPECT_EQ(reason("not-allowed"), "ROOM_NOT_ALLOWED");
  EXPECT_EQ(reason("not-acceptable"), "NICK_REFUSED");
  EXPECT_EQ(reason("jid-malformed"), "NICK_INVALID");
  EXPECT_EQ(reason("gone"), "ROOM_GONE");
  EXPECT_EQ(reason("remote-server-timeout"), "XMPP_REMOTE_SERVER_TIMEOUT");
}

TEST(RoomPresence, ToGoInSaysWhatIsWanted) {
  const Jid ann = *kRoom.with_resource("Ann");
  const model::Presence there{model::Availability::available, {}, {}};
  const std::string first = make_room_join(ann, there, "sesame", {100, {}}).to_text();
  EXPECT_THAT(first, HasSubstr("to=\"tea@rooms.example.org/Ann\""));
  EXPECT_THAT(first, HasSubstr("<password>sesame</password>"));
  EXPECT_THAT(first, HasSubstr("maxstanzas=\"100\""));
  EXPECT_THAT(make_room_join(ann, there, {}, {}).to_text(), HasSubstr("maxchars=\"0\""));
  EXPECT_THAT(make_room_join(ann, there, {}, {500, kNow}).to_text(),
              HasSubstr("since=\"2023-11-14T22:13:20Z\""));
  EXPECT_THAT(make_room_leave(ann, "bye").to_text(), HasSubstr("<status>bye</status>"));
}

TEST(RoomMessage, TellsWhatWasSaid) {
  const auto read = message(
      "<body>hello</body><stanza-id xmlns='urn:xmpp:sid:0' by='tea@rooms.example.org' id='s1'/>"
      "<stanza-id xmlns='urn:xmpp:sid:0' by='eve@example.org' id='s2'/>"
      "<occupant-id xmlns='urn:xmpp:occupant-id:0' id='o1'/>",
      "id='m1'");
  ASSERT_TRUE(read);
  EXPECT_EQ(read->text, "hello");
  EXPECT_EQ(read->id + read->stanza_id + read->occupant_id, "m1s1o1");
  EXPECT_EQ(read->time, base::WallTime{});
  EXPECT_FALSE(read->subject);
  EXPECT_EQ(room_fingerprint(*read, kRoom).size(), 40U);
}

TEST(RoomMessage, TellsWhenItWasSaidBefore) {
  const std::string stamp = " stamp='2023-01-02T03:04:05Z'/>";
  EXPECT_NE(
      message("<body>x</body><delay xmlns='urn:xmpp:delay' from='tea@rooms.example.org'" + stamp)
          ->time,
      base::WallTime{});
  EXPECT_EQ(
      message("<body>x</body><delay xmlns='urn:xmpp:delay' from='eve@example.com'" + stamp)->time,
      base::WallTime{})
      << "somebody else says so";
  EXPECT_EQ(
      message("<body>x</body><delay xmlns='urn:xmpp:delay' stamp='2099-01-01T00:00:00Z'/>")->time,
      base::WallTime{});
}

TEST(RoomMessage, TheRoomsOwnStampIsTheLast) {
  const std::string by_room = "<delay xmlns='urn:xmpp:delay' from='tea@rooms.example.org' stamp='";
  const auto read = message("<body>x</body>" + by_room + "2001-01-01T00:00:00Z'/>" + by_room +
                            "2023-01-02T03:04:05Z'/>");
  EXPECT_EQ(read->time, *parse_stamp("2023-01-02T03:04:05Z"));
  EXPECT_EQ(message("<body>x</body><delay xmlns='urn:xmpp:delay' from='rooms.example.org' "
                    "stamp='2001-01-01T00:00:00Z'/>")
                ->time,
            base::WallTime{});
}

TEST(RoomMessage, OnlyWhatComesFromTheRoomIsOne) {
  EXPECT_FALSE(message("<body>x</body>", "", "tea@rooms.example.com/Bob"));
  EXPECT_FALSE(message("<body>x</body>", "", "coffee@rooms.example.org/Bob"));
  EXPECT_FALSE(message("<body>x</body>", "", ""));
  EXPECT_FALSE(read_room_message(
      stanza_of("<message type='chat' from='tea@rooms.example.org/Bob'><body>x</body></message>"),
      kRoom, kNow));
}

TEST(RoomMessage, ASubjectIsNoMessageUnlessItHasText) {
  EXPECT_EQ(message("<subject>Earl Grey</subject>")->subject, "Earl Grey");
  EXPECT_EQ(message("<subject/>")->subject, "");
  const auto both = message("<subject>s</subject><body>b</body>");
  EXPECT_FALSE(both->subject);
  EXPECT_EQ(both->text, "b");
  EXPECT_EQ(message("<subject>" + std::string(9000, 's') + "</subject>")->subject->size(),
            model::max_subject_bytes);
}

TEST(RoomMessage, SaysSomethingOfOthers) {
  const auto corrected =
      message("<body>new</body><replace id='m1' xmlns='urn:xmpp:message-correct:0'/>");
  ASSERT_TRUE(corrected && corrected->amends);
  EXPECT_EQ(corrected->amends->target, "m1");
  const auto taken_back =
      message("<body>fallback</body><retract id='s1' xmlns='urn:xmpp:message-retract:1'/>");
  ASSERT_TRUE(taken_back && taken_back->amends);
  EXPECT_THAT(taken_back->text, IsEmpty());
  const auto answer = message(
      "<body>&gt; old\nyes</body><reply xmlns='urn:xmpp:reply:0' id='s1' "
      "to='tea@rooms.example.org/Ann'/><fallback xmlns='urn:xmpp:fallback:0' "
      "for='urn:xmpp:reply:0'><body start='0' end='6'/></fallback>");
  EXPECT_EQ(answer->text, "yes");
  EXPECT_EQ(answer->reply.wire_id, "s1");
  EXPECT_EQ(answer->reply_to, "Ann");
}

TEST(RoomMessage, TheSameIsTheSameWhoeverTellsIt) {
  const auto live = message(
      "<body>x</body><stanza-id xmlns='urn:xmpp:sid:0' by='tea@rooms.example.org' id='s1'/>",
      "id='m1'");
  const auto archived = read_room_message(
      stanza_of("<message type='groupchat' from='tea@rooms.example.org/Bob' id='m1'>"
                "<body>x</body></message>"),
      kRoom, kNow, "s1");
  EXPECT_EQ(room_fingerprint(*live, kRoom), room_fingerprint(*archived, kRoom));
  const auto other = read_room_message(
      stanza_of("<message type='groupchat' from='tea@rooms.example.org/Bob' id='m1'>"
                "<body>x</body></message>"),
      kRoom, kNow, "s2");
  EXPECT_NE(room_fingerprint(*live, kRoom), room_fingerprint(*other, kRoom));
}

TEST(Mentions, ANickIsAWord) {
  EXPECT_TRUE(mentions("ann: tea?", "Ann"));
  EXPECT_TRUE(mentions("where is ANN", "Ann"));
  EXPECT_TRUE(mentions("(Ann)", "Ann"));
  EXPECT_TRUE(mentions("anna and Ann", "Ann"));
  EXPECT_TRUE(mentions("[x] said", "[x]"));
  EXPECT_FALSE(mentions("Anna", "Ann"));
  EXPECT_FALSE(mentions("joann", "Ann"));
  EXPECT_FALSE(mentions("Ann\u00e9", "Ann"));
  EXPECT_FALSE(mentions("", "Ann"));
  EXPECT_FALSE(mentions("Ann", ""));
}

TEST(RoomInvitation, ComesDirectlyOrFromTheRoom) {
  const auto direct = read_room_invitation(
      stanza_of("<message from='bob@example.org/x'><x xmlns='jabber:x:conference' "
                "jid='tea@rooms.example.org' reason='come' password='sesame'/></message>"));
  ASSERT_TRUE(direct);
  EXPECT_EQ(direct->room, kRoom);
  EXPECT_EQ(direct->inviter + direct->text + direct->password, "xmpp:bob@example.orgcomesesame");
  EXPECT_FALSE(direct->mediated);
  const auto mediated = read_room_invitation(stanza_of(
      "<message from='tea@rooms.example.org'>" +
      user("<invite from='bob@example.org/x'><reason>come</reason></invite>") + "</message>"));
  ASSERT_TRUE(mediated && mediated->mediated);
  EXPECT_EQ(mediated->inviter, "xmpp:bob@example.org");
  const auto declined = read_room_invitation(
      stanza_of("<message from='tea@rooms.example.org'>" +
                user("<decline from='tea@rooms.example.org/Bob'/>") + "</message>"));
  ASSERT_TRUE(declined && declined->declined);
  EXPECT_EQ(declined->inviter, "xmpp:tea@rooms.example.org/Bob");
}

TEST(RoomInvitation, WhatIsNoneIsNone) {
  for (const std::string text :
       {"<message from='bob@example.org'/>",
        "<message from='bob@example.org'><x xmlns='jabber:x:conference'/></message>",
        "<message from='bob@example.org'><x xmlns='jabber:x:conference' jid='example.org'/>"
        "</message>",
        "<message from='bob@example.org' type='error'><x xmlns='jabber:x:conference' "
        "jid='tea@rooms.example.org'/></message>"})
    EXPECT_FALSE(read_room_invitation(stanza_of(text))) << text;
  EXPECT_FALSE(read_room_invitation(stanza_of("<message from='tea@rooms.example.org/Bob'>" +
                                              user("<invite from='x@y'/>") + "</message>")))
      << "an occupant is not the room";
}

TEST(RoomInvitation, SaysWhoIsMeant) {
  const Jid bob = *Jid::parse("bob@example.org");
  EXPECT_THAT(make_direct_invitation(bob, kRoom, "come", "pw").to_text(),
              HasSubstr("reason=\"come\""));
  EXPECT_THAT(make_mediated_invitation(kRoom, bob, "come").to_text(),
              HasSubstr("<invite to=\"bob@example.org\"><reason>come</reason>"));
  EXPECT_THAT(make_decline(kRoom, bob, "no").to_text(), HasSubstr("<decline to="));
}

TEST(RoomInfo, TellsWhatARoomIsLike) {
  const RoomInfo info = read_room_info(stanza_of(
      "<iq type='result'><query xmlns='http://jabber.org/protocol/disco#info'>"
      "<identity category='conference' type='text' name='Tea'/>"
      "<feature var='http://jabber.org/protocol/muc'/><feature var='muc_membersonly'/>"
      "<feature var='muc_nonanonymous'/><feature var='urn:xmpp:mam:2'/>"
      "<feature var='urn:xmpp:occupant-id:0'/>"
      "<x xmlns='jabber:x:data' type='result'><field var='FORM_TYPE' type='hidden'>"
      "<value>http://jabber.org/protocol/muc#roominfo</value></field>"
      "<field var='muc#roominfo_description'><value>for two</value></field></x></query></iq>"));
  EXPECT_TRUE(info.is_room && info.has_archive && info.has_occupant_ids && info.has_stanza_ids);
  EXPECT_TRUE(info.traits.members_only && info.traits.non_anonymous);
  EXPECT_FALSE(info.traits.moderated || info.traits.password_protected);
  EXPECT_EQ(info.traits.name + "/" + info.traits.description, "Tea/for two");
  EXPECT_FALSE(read_room_info(stanza_of("<iq type='result'/>")).is_room);
}

TEST(FoundItems, AreBoundedAndEachOnce) {
  std::string items;
  for (int i = 0; i < 20; ++i)
    items += "<item jid='r" + std::to_string(i % 15) + "@rooms.example.org' name='n'/>";
  items += "<item jid='@'/><item jid='x@rooms.example.org' node='n'/>";
  const auto found = read_items(
      stanza_of("<iq type='result'><query xmlns='http://jabber.org/protocol/disco#items'>" + items +
                "</query></iq>"),
      10);
  EXPECT_THAT(found.items, SizeIs(10));
  EXPECT_TRUE(found.truncated);
}

TEST(Affiliations, AreReadAndWritten) {
  const auto read = read_affiliations(
      stanza_of("<iq type='result'><query xmlns='http://jabber.org/protocol/muc#admin'>"
                "<item jid='eve@example.org' affiliation='outcast'><reason>spam</reason></item>"
                "<item affiliation='member'/><item jid='x@y' affiliation='king'/></query></iq>"),
      10);
  ASSERT_THAT(read, SizeIs(1));
  EXPECT_EQ(read[0].address + read[0].text, "xmpp:eve@example.orgspam");
  EXPECT_THAT(
      make_affiliation_change(kRoom, *Jid::parse("eve@example.org"), Affiliation::outcast, "spam")
          .to_text(),
      HasSubstr("affiliation=\"outcast\"><reason>spam</reason>"));
  const std::string kick = make_role_change(kRoom, "Eve", RoomRole::none, {}).to_text();
  EXPECT_THAT(kick, HasSubstr("nick=\"Eve\""));
  EXPECT_THAT(kick, HasSubstr("role=\"none\""));
}

const Jid kMe = *Jid::parse("me@example.org");

TEST(Bookmarks, AreRead) {
  const auto answer = stanza_of(
      "<iq type='result'><pubsub xmlns='http://jabber.org/protocol/pubsub'>"
      "<items node='urn:xmpp:bookmarks:1'><item id='tea@rooms.example.org'>"
      "<conference xmlns='urn:xmpp:bookmarks:1' name='Tea' autojoin='1'><nick>Ann</nick>"
      "<password>sesame</password><extensions><x xmlns='urn:other'/></extensions></conference>"
      "</item><item id='rooms.example.org'><conference xmlns='urn:xmpp:bookmarks:1'/></item>"
      "<item id='x@y/z'><conference xmlns='urn:xmpp:bookmarks:1'/></item>"
      "<item id='a@b'/></items></pubsub></iq>");
  const auto read = read_bookmarks(answer);
  ASSERT_THAT(read, SizeIs(1));
  const ports::Bookmark expected{"xmpp:tea@rooms.example.org", "Tea", "Ann", "sesame", true};
  EXPECT_EQ(read[0].bookmark, expected);
  const std::string again = make_bookmark(kRoom, read[0], PublishOptions::given).to_text();
  EXPECT_THAT(again, HasSubstr("urn:other"));
  EXPECT_THAT(again, HasSubstr("whitelist"));
  EXPECT_THAT(make_bookmark(kRoom, read[0], PublishOptions::left_out).to_text(),
              Not(HasSubstr("whitelist")));
}

TEST(Bookmarks, ChangesComeFromTheAccountAlone) {
  const auto change = [](const std::string& from) {
    return stanza_of("<message from='" + from +
                     "'><event xmlns='http://jabber.org/protocol/pubsub#event'>"
                     "<items node='urn:xmpp:bookmarks:1'><item id='tea@rooms.example.org'>"
                     "<conference xmlns='urn:xmpp:bookmarks:1' autojoin='true'/></item>"
                     "<retract id='coffee@rooms.example.org'/></items></event></message>");
  };
  const auto stanza = change("me@example.org");
  const auto read = read_bookmark_change(stanza, kMe);
  ASSERT_TRUE(read);
  EXPECT_THAT(read->put, SizeIs(1));
  EXPECT_THAT(read->removed, ElementsAre("xmpp:coffee@rooms.example.org"));
  EXPECT_FALSE(read_bookmark_change(change("eve@example.org"), kMe));
  EXPECT_FALSE(read_bookmark_change(change("me@example.org/other"), kMe));
  EXPECT_FALSE(read_bookmark_change(change(""), kMe));
}

}  // namespace
}  // namespace commd::xmpp
