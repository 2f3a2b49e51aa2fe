#include "clients/commctl/contact_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "clients/commctl/event_text.h"

namespace commd::commctl {
namespace {

using testing::HasSubstr;
using testing::Not;

v1::Contact bob() {
  v1::Contact contact;
  contact.set_address("xmpp:bob@example.org");
  contact.set_listed(true);
  contact.set_subscription(v1::Contact::SUBSCRIPTION_BOTH);
  contact.mutable_presence()->set_availability(v1::Presence::AVAILABILITY_AWAY);
  contact.mutable_presence()->set_status("out\x1b[2J");
  return contact;
}

TEST(ContactText, EveryWordOfAPresenceIsTakenAgain) {
  for (const std::string& word : availability_words())
    EXPECT_NE(availability_of(word), v1::Presence::AVAILABILITY_UNSPECIFIED) << word;
  EXPECT_EQ(availability_of("dnd"), v1::Presence::AVAILABILITY_DND);
  EXPECT_EQ(availability_of("online"), v1::Presence::AVAILABILITY_AVAILABLE);
  EXPECT_EQ(availability_of("invisible"), v1::Presence::AVAILABILITY_UNAVAILABLE);
  for (const char* bad : {"", "unspecified", "AWAY", "99"})
    EXPECT_EQ(availability_of(bad), v1::Presence::AVAILABILITY_UNSPECIFIED) << bad;
}

TEST(ContactText, SaysHowTwoStandToEachOther) {
  v1::Contact contact = bob();
  EXPECT_EQ(relation_text(contact), "you see each other");
  contact.set_subscription(v1::Contact::SUBSCRIPTION_NONE);
  contact.set_asked(true);
  EXPECT_EQ(relation_text(contact), "asked, no answer yet");
  contact.set_blocked(true);
  contact.set_asks(true);
  EXPECT_EQ(relation_text(contact), "blocked, wants to see you, asked, no answer yet");
  EXPECT_EQ(relation_text(v1::Contact()), "");
}

TEST(ContactText, WhatContactsSayIsEscaped) {
  v1::Event event;
  *event.mutable_contact_changed() = bob();
  const std::string line = render(event_line(event, {}), Colour::off);
  EXPECT_THAT(line, HasSubstr("xmpp:bob@example.org  away: out\\x1b[2J"));
  event.mutable_contact_changed()->set_asks(true);
  event.mutable_contact_changed()->set_asks_text("hi\n");
  EXPECT_THAT(render(event_line(event, {}), Colour::off), HasSubstr("wants to see you: hi\\n"));
  event.set_contact_removed("me/xmpp:bob@example.org");
  EXPECT_THAT(render(event_line(event, {}), Colour::off), HasSubstr("removed"));
  event.mutable_presence_changed()->set_account("me");
  EXPECT_THAT(render(event_line(event, {}), Colour::off), HasSubstr("presence me  unavailable"));
}

TEST(ContactText, AValueThisClientDoesNotKnowIsItsNumber) {
  EXPECT_EQ(word_of(static_cast<v1::Presence::Availability>(77)), "77");
}

}  // namespace
}  // namespace commd::commctl
