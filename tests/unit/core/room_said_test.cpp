// What is said in rooms: counted, delivered, and changed by who wrote it.
#include "tests/unit/core/room_fixture.h"

namespace commd::core {
namespace {

using testing::ElementsAre;
using testing::SizeIs;

// ---- what is said ------------------------------------------------------------------------

TEST_F(RoomBookTest, UnreadMessagesAreCounted) {
  join();
  core->message_received(said("one", "m1"));
  timers.advance(std::chrono::seconds(1));  // which of two of one moment came first, nobody knows
  auto to_me = said("Ann: two", "m2");
  to_me.mentioned = true;
  core->message_received(to_me);
  EXPECT_EQ(book().find("tea")->unread, 2U);
  EXPECT_EQ(book().find("tea")->unread_mentions, 1U);
  core->messages().mark_read(stored().back().id.str(), [](auto) {});
  EXPECT_EQ(book().find("tea")->unread, 0U);
  EXPECT_EQ(book().find("tea")->unread_mentions, 0U);
}

TEST_F(RoomBookTest, NobodyWritesWhereHeIsNot) {
  invite();
  EXPECT_EQ(refused("x", kTea), "ROOM_NOT_JOINED");
  join();
  EXPECT_EQ(refused("x", kTea), "sent");
  EXPECT_EQ(refused("x", kTea + "/Bob O'Neil?"), "sent");
  EXPECT_EQ(messaging.sent.back().to, kTea + "/Bob O'Neil?") << "a nick may have anything in it";
}

TEST_F(RoomBookTest, TheRoomsOwnTellingIsTheDelivery) {
  join();
  const auto sent = send("hello", kTea);
  auto told = said("hello", sent->id.str());
  told.outgoing = true;
  core->message_received(told);
  EXPECT_EQ(state_of(sent->id), MessageState::delivered);
  EXPECT_THAT(shown(), ElementsAre("hello"));
  // What others say of it names it as the room does.
  auto reaction = said("", "r1");
  reaction.amends = model::AmendmentKind::react;
  reaction.target = "s-" + sent->id.str();
  reaction.emojis = {"+1"};
  core->message_received(reaction);
  EXPECT_THAT(stored().back().reactions, SizeIs(1));
  EXPECT_EQ(stored().back().reactions[0].sender, kTea + "/Bob");
  core->messages().correct(sent->id.str(), "hallo", [](auto) {});
  EXPECT_EQ(messaging.amended.back().target, sent->id.str()) << "a correction by the writer's id";
  core->messages().retract(sent->id.str(), [](auto) {});
  EXPECT_EQ(messaging.amended.back().target, "s-" + sent->id.str());
}

TEST_F(RoomBookTest, ANickThatWasTakenSinceIsNotThisPerson) {
  join();
  const auto sent = send("hello", kTea);
  auto forged = said("something else", sent->id.str(), "past");
  forged.sender = kTea + "/Ann";
  forged.perhaps_own = true;
  core->message_received(forged);
  EXPECT_THAT(shown(), ElementsAre("hello", "something else"));
  EXPECT_EQ(state_of(sent->id), MessageState::queued);
  auto own = said("hello", sent->id.str(), "past");
  own.fingerprint = "f-own";
  own.perhaps_own = true;
  core->message_received(own);
  EXPECT_EQ(state_of(sent->id), MessageState::delivered);
}

TEST_F(RoomBookTest, WhatTheRoomTellsAgainIsKnownWhateverBecameOfIt) {
  join();
  const auto sent = send("hello", kTea);
  auto told = said("hello", sent->id.str());
  told.outgoing = true;
  core->message_received(told);
  EXPECT_EQ(stored().back().fingerprint, told.fingerprint) << "also after a restart";
}

TEST_F(RoomBookTest, WhoTakesANickTakesNoReactions) {
  join();
  core->message_received(said("hello", "m1"));
  const auto react = [&](const std::string& id, const std::string& emoji,
                         const std::string& occupant, const std::string& nick) {
    auto in = said("", id, occupant);
    in.sender = kTea + "/" + nick;
    in.amends = model::AmendmentKind::react;
    in.target = "s-m1";
    in.lasting = true;
    if (!emoji.empty()) in.emojis = {emoji};
    core->message_received(in);
  };
  react("r1", "+1", "o-bob", "Bob");
  react("r2", "", "o-eve", "Bob");
  react("r3", "-1", "o-eve", "Bob");
  ASSERT_THAT(stored().back().reactions, SizeIs(2));
  EXPECT_EQ(stored().back().reactions[0].emojis, std::vector<std::string>{"+1"});
  // Whatever he is called by now.
  react("r4", "heart", "o-bob", "Robert");
  ASSERT_THAT(stored().back().reactions, SizeIs(2));
  EXPECT_EQ(stored().back().reactions[0].emojis, std::vector<std::string>{"heart"});
  EXPECT_EQ(stored().back().reactions[0].sender, kTea + "/Robert");
  react("r5", "", "o-bob", "Bob");
  EXPECT_THAT(stored().back().reactions, SizeIs(1));
}

TEST_F(RoomBookTest, WhoTakesANickTakesNothingSaidInPrivateBack) {
  join();
  const auto privately = [&](const std::string& text, const std::string& id,
                             const std::string& occupant) {
    auto in = said(text, id, occupant);
    in.room = false;
    in.peer = kTea + "/Bob";
    return in;
  };
  core->message_received(privately("my secret", "p1", "o-bob"));
  auto forged = privately("", "p2", "o-eve");
  forged.amends = model::AmendmentKind::retract;
  forged.target = "p1";
  core->message_received(forged);
  auto unnamed = privately("", "p3", "");
  unnamed.amends = model::AmendmentKind::retract;
  unnamed.target = "p1";
  core->message_received(unnamed);
  EXPECT_THAT(shown(), ElementsAre("my secret"));
  auto own = privately("", "p4", "o-bob");
  own.amends = model::AmendmentKind::retract;
  own.target = "p1";
  core->message_received(own);
  EXPECT_THAT(shown(), ElementsAre(""));
}

TEST_F(RoomBookTest, OnlyTheOccupantWhoWroteItChangesIt) {
  join();
  core->message_received(said("helo", "m1"));
  const auto amend = [&](model::AmendmentKind kind, const std::string& id, const std::string& text,
                         const std::string& occupant) {
    auto in = said(text, id, occupant);
    in.amends = kind;
    in.target = kind == model::AmendmentKind::correct ? "m1" : "s-m1";
    core->message_received(in);
  };
  amend(model::AmendmentKind::correct, "c1", "I am a thief", "o-eve");
  EXPECT_THAT(shown(), ElementsAre("helo", "I am a thief"));
  amend(model::AmendmentKind::retract, "t1", "", "o-eve");
  amend(model::AmendmentKind::retract, "t2", "", "");
  EXPECT_THAT(shown(), ElementsAre("helo", "I am a thief"));
  amend(model::AmendmentKind::correct, "c2", "hello", "o-bob");
  EXPECT_THAT(shown(), ElementsAre("hello", "I am a thief"));
  amend(model::AmendmentKind::retract, "t3", "", "o-bob");
  EXPECT_THAT(shown(), ElementsAre("", "I am a thief"));
  EXPECT_THAT(messaging.acknowledged, SizeIs(tickets));
}

}  // namespace
}  // namespace commd::core
