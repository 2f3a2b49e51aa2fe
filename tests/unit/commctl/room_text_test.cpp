#include "clients/commctl/room_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "clients/commctl/chat_lines.h"
#include "clients/commctl/room_form.h"

namespace commd::commctl {
namespace {

using testing::HasSubstr;

std::string plain(const Line& line) {
  std::string text;
  for (const Span& span : line) text += span.text;
  return text;
}

TEST(RoomText, SaysHowItStands) {
  v1::Room room;
  room.set_address("xmpp:tea@x");
  room.set_state(v1::Room::STATE_JOINED);
  room.set_nick("Ann");
  room.set_subject("Oolong");
  EXPECT_EQ(plain(room_line(room)), "room xmpp:tea@x  joined as Ann  Oolong");
  room.set_state(v1::Room::STATE_INVITED);
  room.mutable_invitation()->set_inviter("xmpp:bob@x");
  room.mutable_invitation()->set_text("come");
  EXPECT_EQ(plain(room_line(room)), "room xmpp:tea@x  invited by xmpp:bob@x: come");
  room.set_state(v1::Room::STATE_FAILED);
  room.set_state_message("banned");
  EXPECT_EQ(plain(room_line(room)), "room xmpp:tea@x  failed: banned");
  room.set_members_only(true);
  room.set_moderated(true);
  EXPECT_EQ(traits_text(room), "members only, moderated");
}

TEST(RoomText, SaysWhoComesAndGoes) {
  v1::OccupantChanged change;
  change.mutable_occupant()->set_nick("Bob");
  const auto text = [&](v1::OccupantChanged::Kind kind) {
    change.set_kind(kind);
    return occupant_text(change);
  };
  EXPECT_EQ(text(v1::OccupantChanged::KIND_JOINED), "Bob came in");
  EXPECT_EQ(text(v1::OccupantChanged::KIND_LEFT), "Bob left");
  EXPECT_EQ(text(v1::OccupantChanged::KIND_CHANGED), "");
  change.set_by("Ann");
  change.set_text("loud");
  EXPECT_EQ(text(v1::OccupantChanged::KIND_KICKED), "Bob was put out by Ann: loud");
  EXPECT_EQ(text(v1::OccupantChanged::KIND_BANNED), "Bob was banned by Ann: loud");
  change.set_new_nick("Bobby");
  EXPECT_EQ(text(v1::OccupantChanged::KIND_RENAMED), "Bob is called Bobby now");
}

TEST(RoomText, WhatCanBeGrantedIsOneOfTwoKinds) {
  for (const std::string& word : grant_words())
    EXPECT_TRUE(affiliation_of(word) != v1::Room::AFFILIATION_UNSPECIFIED ||
                role_of(word) != v1::Room::ROLE_UNSPECIFIED)
        << word;
  EXPECT_EQ(affiliation_of("none"), v1::Room::AFFILIATION_NONE);
  EXPECT_EQ(role_of("visitor"), v1::Room::ROLE_VISITOR);
  EXPECT_EQ(affiliation_of("king"), v1::Room::AFFILIATION_UNSPECIFIED);
}

TEST(RoomForm, NamesMayBeShort) {
  EXPECT_EQ(full_name("membersonly=1"), "muc#roomconfig_membersonly=1");
  EXPECT_EQ(full_name("muc#roomconfig_membersonly=1"), "muc#roomconfig_membersonly=1");
  EXPECT_EQ(full_name("{http://prosody.im/x}y=1"), "{http://prosody.im/x}y=1");
}

TEST(RoomChat, NamesTheNick) {
  v1::Message message;
  message.set_direction(v1::Message::DIRECTION_INCOMING);
  message.set_peer("xmpp:tea@x");
  message.set_nick("Bob");
  message.set_text("hi");
  EXPECT_THAT(plain(message_lines(message, {}, unlimited).front()), HasSubstr("Bob: hi"));
}

TEST(RoomChat, OneOccupantIsAnotherConversation) {
  EXPECT_TRUE(is_peer("tea@x/Bob", "xmpp:tea@x/Bob"));
  EXPECT_TRUE(is_peer("xmpp:Tea@X/Bob", "xmpp:tea@x/Bob"));
  EXPECT_FALSE(is_peer("tea@x", "xmpp:tea@x/Bob"));
  EXPECT_FALSE(is_peer("tea@x/bob", "xmpp:tea@x/Bob")) << "nicks are as they are";
  EXPECT_TRUE(is_peer("bob@x/phone", "xmpp:bob@x"));
}

}  // namespace
}  // namespace commd::commctl
