#include "daemon/core/room_book.h"

#include "daemon/core/room_text.h"
#include "tests/unit/core/message_fixture.h"

namespace commd::core {
namespace {

using model::RoomState;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

const model::AccountId kAccount(kAlice);
const std::string kTea = "xmpp:tea@rooms.example.org";

// Answers at once with `result`.
struct FakeRooms final : ports::Rooms {
  void note(const std::string& what, const Done& done) {
    asked.push_back(what);
    if (done) done(result);
  }
  void join_room(const model::AccountId&, ports::RoomWish wish, Done done) override {
    last_wish = wish;
    note("join " + wish.address + " " + wish.nick + (done ? "" : " by itself"), done);
  }
  void leave_room(const model::AccountId&, const std::string& address, const std::string& text,
                  Done done) override {
    asked.push_back("leave " + address + text);
    done({});
  }
  void create_room(const model::AccountId&, ports::RoomWish wish, model::DataForm,
                   Done done) override {
    note("create " + wish.address, done);
  }
  void room_configuration(const model::AccountId&, const std::string&,
                          Answer<model::DataForm> done) override {
    done(model::DataForm{});
  }
  void configure_room(const model::AccountId&, const std::string& address, model::DataForm,
                      Done done) override {
    note("configure " + address, done);
  }
  void invite_to_room(const model::AccountId&, const std::string&, const std::string& whom,
                      const std::string&, Done done) override {
    note("invite " + whom, done);
  }
  void decline_room(const model::AccountId&, const std::string&, const std::string& inviter,
                    const std::string&, Done done) override {
    note("decline " + inviter, done);
  }
  void set_room_nick(const model::AccountId&, const std::string&, const std::string& nick,
                     Done done) override {
    note("nick " + nick, done);
  }
  void set_room_subject(const model::AccountId&, const std::string&, const std::string& subject,
                        Done done) override {
    note("subject " + subject, done);
  }
  void set_affiliation(const model::AccountId&, const std::string&, const std::string& whom,
                       model::Affiliation affiliation, const std::string&, Done done) override {
    note(std::string(model::to_string(affiliation)) + " " + whom, done);
  }
  void set_role(const model::AccountId&, const std::string&, const std::string& nick,
                model::RoomRole role, const std::string&, Done done) override {
    note(std::string(model::to_string(role)) + " " + nick, done);
  }
  void list_affiliations(const model::AccountId&, const std::string&,
                         std::optional<model::Affiliation>,
                         Answer<std::vector<model::RoomAffiliation>> done) override {
    done(std::vector<model::RoomAffiliation>{});
  }
  void list_occupants(const model::AccountId&, const std::string&,
                      Answer<std::vector<model::Occupant>> done) override {
    done(std::vector<model::Occupant>{});
  }
  void put_bookmark(const model::AccountId&, ports::Bookmark bookmark, Done done) override {
    last_bookmark = bookmark;
    note("bookmark " + bookmark.address + (bookmark.autojoin ? " auto" : ""), done);
  }
  void remove_bookmark(const model::AccountId&, const std::string& address, Done done) override {
    note("no bookmark " + address, done);
  }
  void destroy_room(const model::AccountId&, const std::string& address, const std::string&,
                    const std::string&, Done done) override {
    note("destroy " + address, done);
  }
  void find_rooms(const model::AccountId&, const std::string&,
                  Answer<ports::RoomsFound> done) override {
    done(ports::RoomsFound{});
  }
  std::vector<std::string> asked;
  ports::RoomWish last_wish;
  ports::Bookmark last_bookmark;
  base::Result<void> result;
};

class RoomBookTest : public MessageBookTest {
 protected:
  void SetUp() override {
    start();
    add_account(kAlice);
  }
  void start() {
    core = std::make_unique<Core>(CorePorts{store,
                                            secrets,
                                            clock,
                                            timers,
                                            encoder,
                                            sink,
                                            media,
                                            {{model::Protocol::local, &wire},
                                             {model::Protocol::sip, &wire},
                                             {model::Protocol::xmpp, &wire}},
                                            {{model::Protocol::xmpp, &messaging}},
                                            {},
                                            {{model::Protocol::xmpp, &room}}},
                                  CoreSettings{}, base::null_logger());
    core->start(store.state);
  }
  void restart() {
    for (const auto& each : store.all<ports::PutFact>())
      if (each.value.empty())
        store.state.facts.erase(each.key);
      else
        store.state.facts[each.key] = each.value;
    store.state.accounts = core->accounts().list();
    room.asked.clear();
    start();
  }
  RoomBook& book() { return core->rooms(); }
  RoomBook::Done note() {
    return [this](base::Result<model::Room> result) {
      answers.push_back(result ? model::to_string(result->state) : result.error().reason);
    };
  }
  RoomBook::Ended note_end() {
    return [this](base::Result<void> result) {
      answers.push_back(result ? "ok" : result.error().reason);
    };
  }
  void report(RoomState state, const std::string& reason = {}) {
    ports::RoomReport report;
    report.account = kAccount;
    report.address = kTea;
    report.state = state;
    report.reason = reason;
    report.nick = "Ann";
    core->room_report(report);
  }
  void join() {
    book().join({"tea@rooms.example.org", {}, "Ann", {}, false}, note());
    report(RoomState::joined);
    answers.clear();
    room.asked.clear();
  }
  void invite(const std::string& address = kTea, const std::string& by = kBob) {
    core->room_invitation({kAccount, address, by, "come", "sesame", true});
  }
  std::string state() {
    const auto found = book().find(kTea);
    return found ? model::to_string(found->state) : found.error().reason;
  }
  ports::IncomingMessage said(const std::string& text, const std::string& id,
                              const std::string& occupant = "o-bob") {
    ports::IncomingMessage in;
    in.account = kAccount;
    in.peer = kTea;
    in.sender = kTea + "/Bob";
    in.text = text;
    in.remote_id = id;
    in.room_id = "s-" + id;
    in.room = true;
    in.occupant = occupant;
    in.fingerprint = "f-" + id;
    in.ticket = ++tickets;
    return in;
  }
  std::vector<std::string> shown() const {
    std::map<model::MessageId, std::string> last;
    std::vector<model::MessageId> order;
    for (const auto& each : stored()) {
      if (!last.contains(each.id)) order.push_back(each.id);
      last[each.id] = each.text;
    }
    std::vector<std::string> all;
    for (const auto& id : order) all.push_back(last[id]);
    return all;
  }

  FakeRooms room;
  std::vector<std::string> answers;
  uint64_t tickets = 0;
};

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
