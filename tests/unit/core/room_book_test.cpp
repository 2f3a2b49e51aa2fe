// Which rooms this person wants to be in, and what comes of it.
#include "daemon/core/room_text.h"
#include "tests/unit/core/room_fixture.h"

namespace commd::core {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

TEST_F(RoomBookTest, WhoWasInARoomIsInItAgainAfterARestart) {
  book().join({"tea@rooms.example.org", {}, "Ann", "sesame", false}, note());
  EXPECT_THAT(room.asked, ElementsAre("join " + kTea + " Ann"));
  EXPECT_THAT(answers, ElementsAre("joining"));
  report(RoomState::joined);
  EXPECT_EQ(state(), "joined");
  restart();
  EXPECT_EQ(state(), "joining");
  EXPECT_THAT(room.asked, ElementsAre("join " + kTea + " Ann by itself"));
  EXPECT_EQ(room.last_wish.password, "sesame") << "from the secrets";
  for (const auto& fact : store.state.facts)
    EXPECT_EQ(fact.second.find("sesame"), std::string::npos);
}

TEST_F(RoomBookTest, APasswordOfABookmarkOutlivesARestart) {
  core->bookmark_report({kAccount, {{kTea, "Tea", "Annie", "sesame", true}}, {}, true});
  report(RoomState::joined);
  restart();
  EXPECT_EQ(room.last_wish.password, "sesame");
  report(RoomState::failed, "ROOM_PASSWORD");
  core->bookmark_report({kAccount, {{kTea, "Tea", "Annie", "other", true}}, {}, true});
  EXPECT_EQ(room.last_wish.password, "other") << "the server knows a newer one";
}

TEST_F(RoomBookTest, APasswordIsNotLostByWhatComesAfterARestart) {
  core->bookmark_report({kAccount, {{kTea, "Tea", "Annie", "sesame", true}}, {}, true});
  report(RoomState::joined);
  restart();
  report(RoomState::joined);
  book().join({"tea", {}, "Ann", {}, false}, note());
  EXPECT_EQ(room.last_wish.password, "sesame");
  book().leave("tea", {}, note());
  EXPECT_EQ(room.last_bookmark.password, "sesame");
}

TEST_F(RoomBookTest, WhatWaitsForAPasswordIsSaidBehindIt) {
  core->bookmark_report({kAccount, {{kTea, "Tea", "Annie", "sesame", true}}, {}, true});
  report(RoomState::joined);
  secrets.hold = true;
  restart();
  EXPECT_THAT(room.asked, IsEmpty());
  EXPECT_EQ(refused("hello", kTea), "sent");
  EXPECT_THAT(messaging.sent, IsEmpty()) << "nobody is on the way in yet";
  ASSERT_THAT(secrets.asked, SizeIs(1));
  secrets.asked[0]();
  EXPECT_EQ(room.last_wish.password, "sesame");
  EXPECT_THAT(messaging.texts(), ElementsAre("hello"));
}

TEST_F(RoomBookTest, ANewerPasswordIsNotUndoneByTheOneThatIsAskedFor) {
  core->bookmark_report({kAccount, {{kTea, "Tea", "Annie", "sesame", true}}, {}, true});
  report(RoomState::joined);
  secrets.hold = true;
  restart();
  ASSERT_THAT(secrets.asked, SizeIs(1));
  const auto first = secrets.asked[0];
  const model::AccountId name(model::room_id(kAccount, kTea));
  const base::Secret old = secrets.kept.at(name);
  core->bookmark_report({kAccount, {{kTea, "Tea", "Annie", "other", true}}, {}, true});
  secrets.kept.at(name) = old;  // the question was read before the change
  first();
  EXPECT_EQ(room.last_wish.password, "other");
}

TEST_F(RoomBookTest, AStrangersInvitationBringsNoOtherPassword) {
  core->bookmark_report({kAccount, {{kTea, "Tea", "Annie", "sesame", false}}, {}, true});
  core->room_invitation({kAccount, kTea, kBob, "come", "forged", false});
  book().join({"tea", {}, {}, {}, false}, note());
  EXPECT_EQ(room.last_wish.password, "sesame");
}

TEST_F(RoomBookTest, WhatWasRefusedIsForgotten) {
  room.result = base::fail(base::Code::permission_denied, "ROOM_PASSWORD", "no");
  book().join({"tea@rooms.example.org", {}, {}, {}, false}, note());
  EXPECT_THAT(answers, ElementsAre("ROOM_PASSWORD"));
  EXPECT_THAT(room.asked, ElementsAre("join " + kTea + " alice", "leave " + kTea));
  EXPECT_EQ(state(), "NOT_FOUND");
  report(RoomState::failed, "ROOM_PASSWORD");
  EXPECT_EQ(state(), "NOT_FOUND") << "that comes too late";
  invite();
  book().join({"tea", {}, {}, {}, false}, note());
  EXPECT_EQ(state(), "invited") << "the invitation stands";
}

TEST_F(RoomBookTest, WhoLeavesStaysOut) {
  join();
  book().leave("tea", " bye", note());
  EXPECT_THAT(answers, ElementsAre("left"));
  EXPECT_EQ(state(), "NOT_FOUND");
  restart();
  EXPECT_THAT(room.asked, IsEmpty());
}

TEST_F(RoomBookTest, WhoIsPutOutIsToldAlsoAfterARestart) {
  join();
  report(RoomState::failed, "ROOM_KICKED");
  EXPECT_EQ(book().find("tea")->state_reason, "ROOM_KICKED");
  restart();
  EXPECT_THAT(room.asked, IsEmpty());
  EXPECT_EQ(book().find("tea")->state_reason, "ROOM_KICKED");
  book().leave("tea", {}, note());
  EXPECT_EQ(state(), "NOT_FOUND");
}

TEST_F(RoomBookTest, AnInvitationIsAcceptedOrDeclined) {
  invite();
  restart();
  EXPECT_EQ(state(), "invited");
  EXPECT_EQ(book().find("tea")->invitation.text, "come");
  book().decline("tea", {}, note_end());
  EXPECT_THAT(room.asked, ElementsAre("decline " + kBob));
  EXPECT_EQ(state(), "NOT_FOUND");
  invite();
  book().join({"tea", {}, {}, {}, false}, note());
  EXPECT_EQ(room.last_wish.password, "sesame");
  report(RoomState::joined);
  EXPECT_EQ(state(), "joined");
  book().decline("tea", {}, note_end());
  EXPECT_EQ(answers.back(), "ROOM_NOT_INVITED");
  invite();
  EXPECT_EQ(state(), "joined") << "who is in it is not asked in";
}

TEST_F(RoomBookTest, AFloodOfInvitationsIsBounded) {
  for (size_t i = 0; i < 3 * model::max_invitations; ++i)
    invite("xmpp:r" + std::to_string(i) + "@rooms.example.org");
  EXPECT_THAT(book().list(), SizeIs(model::max_invitations));
  const size_t events = encoder.events.size();
  for (int i = 0; i < 100; ++i) invite("xmpp:r1@rooms.example.org");
  EXPECT_EQ(encoder.events.size(), events);
}

TEST_F(RoomBookTest, BookmarksOfOtherDevicesAreFollowed) {
  core->bookmark_report({kAccount, {{kTea, "Tea", "Annie", "sesame", true}}, {}, true});
  EXPECT_THAT(room.asked, ElementsAre("join " + kTea + " Annie by itself"));
  EXPECT_EQ(room.last_wish.password, "sesame");
  report(RoomState::joined);
  core->bookmark_report({kAccount, {{kTea, "Tea", "Annie", {}, true}}, {}, true});
  EXPECT_THAT(room.asked, SizeIs(1));
  core->bookmark_report({kAccount, {{kTea, "Tea", "Annie", {}, false}}, {}, false});
  EXPECT_EQ(room.asked.back(), "leave " + kTea);
  report(RoomState::left);
  EXPECT_TRUE(book().find("tea")->bookmarked);
  core->bookmark_report({kAccount, {}, {kTea}, false});
  EXPECT_EQ(state(), "NOT_FOUND");
}

TEST_F(RoomBookTest, WhoLeavesAtOneDeviceIsNotTakenInAgain) {
  core->bookmark_report({kAccount, {{kTea, {}, {}, {}, true}}, {}, true});
  report(RoomState::joined);
  room.asked.clear();
  book().leave("tea", {}, note());
  EXPECT_THAT(room.asked, ElementsAre("bookmark " + kTea, "leave " + kTea));
  EXPECT_EQ(state(), "left");
}

TEST_F(RoomBookTest, WhoLeavesWhileTheServerIsAwayStaysOut) {
  const ports::Bookmark there{kTea, "Tea", "Annie", {}, true};
  core->bookmark_report({kAccount, {there}, {}, true});
  report(RoomState::joined);
  room.result = base::fail(base::Code::failed_precondition, "ACCOUNT_NOT_ONLINE", "away");
  book().leave("tea", {}, note());
  restart();
  EXPECT_THAT(room.asked, IsEmpty());
  core->bookmark_report({kAccount, {there}, {}, false});
  EXPECT_THAT(room.asked, IsEmpty()) << "as it was before";
  EXPECT_EQ(state(), "left");
  core->bookmark_report({kAccount, {there}, {}, true});
  EXPECT_THAT(room.asked, ElementsAre("bookmark " + kTea));
  EXPECT_EQ(room.last_bookmark.name + room.last_bookmark.nick, "TeaAnnie") << "as it is there";
  room.result = {};
  core->bookmark_report({kAccount, {there}, {}, true});
  EXPECT_THAT(room.asked, SizeIs(2));
  EXPECT_EQ(state(), "left");
  // The server has it: what it says from now on is another device's word.
  core->bookmark_report({kAccount, {there}, {}, false});
  EXPECT_THAT(room.asked.back(), "join " + kTea + " Annie by itself");
}

TEST_F(RoomBookTest, APasswordThatWasRefusedIsNone) {
  core->bookmark_report({kAccount, {{kTea, "Tea", "Annie", "sesame", true}}, {}, true});
  report(RoomState::left);
  room.result = base::fail(base::Code::permission_denied, "ROOM_PASSWORD", "wrong");
  book().join({"tea", {}, {}, "typo", false}, note());
  room.result = {};
  book().join({"tea", {}, {}, {}, false}, note());
  EXPECT_EQ(room.last_wish.password, "sesame");
  book().leave("tea", {}, note());
  EXPECT_NE(room.last_bookmark.password, "typo") << "nor is it told to other devices";
}

TEST_F(RoomBookTest, ALateWordOfLeavingIsNotBelieved) {
  book().join({kTea, {}, "Ann", {}, false}, note());
  report(RoomState::left);
  EXPECT_EQ(book().find("tea")->state, RoomState::joining);
  report(RoomState::joined);
  EXPECT_EQ(book().find("tea")->state, RoomState::joined);
}

TEST_F(RoomBookTest, WhoIsBackAfterLeavingIsIn) {
  const ports::Bookmark there{kTea, "Tea", "Annie", {}, true};
  core->bookmark_report({kAccount, {there}, {}, true});
  report(RoomState::joined);
  room.result = base::fail(base::Code::failed_precondition, "ACCOUNT_NOT_ONLINE", "away");
  book().leave("tea", {}, note());
  book().join({"tea", {}, {}, {}, false}, note());
  room.result = {};
  room.asked.clear();
  core->bookmark_report({kAccount, {there}, {}, true});
  EXPECT_THAT(room.asked, IsEmpty()) << "neither out nor in once more";
  EXPECT_TRUE(book().find("tea")->autojoin);
}

TEST_F(RoomBookTest, WhoJoinsWhileTheAccountIsAwayIsInWhenItIsBack) {
  room.result = base::fail(base::Code::failed_precondition, "ACCOUNT_NOT_ONLINE", "away");
  book().join({"tea@rooms.example.org", {}, "Ann", "sesame", true}, note());
  EXPECT_THAT(answers, ElementsAre("joining"));
  EXPECT_EQ(book().find("tea")->state_reason, "ACCOUNT_NOT_ONLINE");
  EXPECT_EQ(book().find("tea")->state_message, "away");
  EXPECT_THAT(room.asked, ElementsAre("join " + kTea + " Ann"));
  room.result = {};
  restart();
  EXPECT_THAT(room.asked, ElementsAre("join " + kTea + " Ann by itself"));
  EXPECT_EQ(room.last_wish.password, "sesame");
  EXPECT_TRUE(room.last_wish.must_exist) << "none is made by a delay";
  report(RoomState::joined);
  restart();
  EXPECT_FALSE(room.last_wish.must_exist);
  room.result = base::fail(base::Code::failed_precondition, "ACCOUNT_NOT_ONLINE", "away");
  book().create({"new@rooms.example.org", {}, {}, {}, false}, {}, note());
  EXPECT_EQ(answers.back(), "ACCOUNT_NOT_ONLINE");
  EXPECT_FALSE(book().find("new")) << "nobody knows any more how it is to be";
}

TEST_F(RoomBookTest, ARefusedNickLeavesTheOneOfBefore) {
  core->bookmark_report({kAccount, {{kTea, "Tea", "Annie", {}, false}}, {}, true});
  room.result = base::fail(base::Code::already_exists, "NICK_TAKEN", "taken");
  book().join({"tea", {}, "Bob", {}, false}, note());
  EXPECT_THAT(answers, ElementsAre("NICK_TAKEN"));
  EXPECT_EQ(book().find("tea")->nick, "Annie");
}

TEST_F(RoomBookTest, ABookmarkIsTrueWhenTheServerHasIt) {
  join();
  book().bookmark("tea", {true, true, "Tea"}, note());
  EXPECT_THAT(room.asked, ElementsAre("bookmark " + kTea + " auto"));
  EXPECT_EQ(book().find("tea")->name, "Tea");
  room.result = base::fail(base::Code::unimplemented, "BOOKMARKS_NOT_SUPPORTED", "none");
  book().bookmark("tea", {false, false, {}}, note());
  EXPECT_THAT(answers, ElementsAre("joined", "BOOKMARKS_NOT_SUPPORTED"));
  EXPECT_TRUE(book().find("tea")->bookmarked);
}

TEST_F(RoomBookTest, ChecksWhatIsAsked) {
  join();
  book().set_nick("tea", std::string(300, 'x'), note());
  book().set_nick("tea", {}, note());
  book().set_subject("tea", std::string(5000, 'x'), note());
  book().join({"tea@rooms.example.org", {}, "a\xff", {}, false}, note());
  book().join({"sip:tea@rooms.example.org", {}, {}, {}, false}, note());
  EXPECT_THAT(answers, ElementsAre("INVALID_ARGUMENT", "INVALID_ARGUMENT", "INVALID_ARGUMENT",
                                   "INVALID_ARGUMENT", "NO_ACCOUNT"));
  EXPECT_THAT(room.asked, IsEmpty());
}

TEST_F(RoomBookTest, RoomsGoWithTheirAccount) {
  join();
  core->accounts().remove(kAccount, [](auto) {});
  EXPECT_THAT(book().list(), IsEmpty());
  restart();
  EXPECT_THAT(book().list(), IsEmpty());
}

TEST_F(RoomBookTest, TextsThatAreNoneAreNotRead) {
  for (const std::string text : {"", "1", "2w", "1w\x1f\x1f\x1f\x1f\x1fx\x1f\x1f"}) {
    KeptRoom kept;
    EXPECT_FALSE(read_room(text, kept)) << text;
  }
}

}  // namespace
}  // namespace commd::core
