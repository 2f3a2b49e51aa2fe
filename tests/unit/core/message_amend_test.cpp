// What is said of messages afterwards.
#include "tests/unit/core/message_fixture.h"

namespace commd::core {
namespace {

using model::AmendmentKind;
using model::MessageDirection;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

using Result = base::Result<model::Message>;

class MessageAmendTest : public MessageBookTest {
 protected:
  void SetUp() override {
    MessageBookTest::SetUp();
    add_account(kAlice);
  }
  static Result never() { return base::fail(base::Code::internal, "NEVER", "never told"); }
  model::MessageId sent(const std::string& text = "hi") {
    const model::MessageId id = send(text)->id;
    tell(id, MessageState::sent, {});
    return id;
  }
  // What bob said; `id` on the wire.
  model::MessageId came(const std::string& text, const std::string& id) {
    auto in = incoming(text, ++ticket, "f" + id);
    in.remote_id = id;
    in.markable = true;
    core->message_received(std::move(in));
    return stored().back().id;
  }
  void amended(AmendmentKind kind, const std::string& target, const std::string& text = {},
               std::vector<std::string> emojis = {}, const std::string& by = kBob,
               bool outgoing = false) {
    const std::string name = "a" + std::to_string(++ticket);
    auto in = incoming(text, ticket, name);
    in.peer = by;
    in.remote_id = name;
    in.amends = kind;
    in.target = target;
    in.emojis = std::move(emojis);
    in.outgoing = outgoing;
    core->message_received(std::move(in));
  }
  std::string correct(const model::MessageId& id, const std::string& text) {
    Result told = never();
    core->messages().correct(id.str(), text, [&](auto r) { told = std::move(r); });
    return told ? told->text : told.error().reason;
  }
  std::string retract(const std::string& id) {
    Result told = never();
    core->messages().retract(id, [&](auto r) { told = std::move(r); });
    return told ? (told->retracted ? "retracted" : "not") : told.error().reason;
  }
  std::string react(const model::MessageId& id, std::vector<std::string> emojis) {
    Result told = never();
    core->messages().react(id.str(), std::move(emojis), [&](auto r) { told = std::move(r); });
    return told ? "reacted" : told.error().reason;
  }
  base::Result<size_t> read(const model::MessageId& id) {
    base::Result<size_t> told = base::fail(base::Code::internal, "NEVER", "never told");
    core->messages().mark_read(id.str(), [&](auto r) { told = std::move(r); });
    return told;
  }
  model::Message now(const model::MessageId& id) {
    model::Message message;
    core->messages().get(id.str(), [&](auto found) {
      ASSERT_TRUE(found);
      message = *found;
    });
    return message;
  }
  uint64_t ticket = 0;
};

TEST_F(MessageAmendTest, ACorrectionIsOnDiskBeforeItGoesOutAndUntilItHas) {
  const model::MessageId id = sent();
  store.hold = true;
  Result told = never();
  core->messages().correct(id.str(), "hello", [&](auto r) { told = std::move(r); });
  EXPECT_FALSE(told);
  EXPECT_THAT(messaging.amended, IsEmpty());
  store.flush();
  store.hold = false;
  ASSERT_TRUE(told);
  EXPECT_EQ(told->text, "hello");
  EXPECT_EQ(told->edit_time, clock.wall);
  ASSERT_THAT(messaging.amended, SizeIs(1));
  const model::Amendment amendment = messaging.amended[0];
  EXPECT_EQ(amendment.target, id.str());
  EXPECT_EQ(amendment.text, "hello");
  // It is repeated until a server has it.
  core->accounts().set_enabled(model::AccountId(kAlice), false, [](auto) {});
  core->accounts().set_enabled(model::AccountId(kAlice), true, [](auto) {});
  EXPECT_THAT(messaging.amended, SizeIs(2));
  EXPECT_EQ(messaging.again_amended, 1);
  tell(amendment.id, MessageState::sent, {});
  core->accounts().set_enabled(model::AccountId(kAlice), false, [](auto) {});
  core->accounts().set_enabled(model::AccountId(kAlice), true, [](auto) {});
  EXPECT_THAT(messaging.amended, SizeIs(2));
  const auto kept = store.all<ports::PutAmendment>();
  ASSERT_THAT(kept, SizeIs(2));
  EXPECT_FALSE(kept.back().amendment.queued);
  EXPECT_EQ(kept.back().amendment.text, "") << "the message has it";
}

TEST_F(MessageAmendTest, WhatCannotBeKeptIsNotChanged) {
  const model::MessageId id = sent();
  store.fail = true;
  EXPECT_EQ(correct(id, "other"), "STORE_WRITE_FAILED");
  EXPECT_EQ(now(id).text, "hi");
  EXPECT_THAT(messaging.amended, IsEmpty());
}

TEST_F(MessageAmendTest, AnAmendmentThatWaitedIsSentAfterARestart) {
  model::Amendment amendment;
  amendment.id = model::MessageId("a");
  amendment.account = model::AccountId(kAlice);
  model::Account account;
  account.id = amendment.account;
  account.address = kAlice;
  account.protocol = model::Protocol::xmpp;
  store.state.accounts = {account};
  store.state.queued_amendments = {amendment};
  start();
  ASSERT_THAT(messaging.amended, SizeIs(1));
  EXPECT_EQ(messaging.again_amended, 1);
}

TEST_F(MessageAmendTest, OnlyWhoWroteItMayChangeIt) {
  const model::MessageId mine = sent(), his = came("his", "b1");
  EXPECT_EQ(correct(his, "x"), "NOT_OWN_MESSAGE");
  EXPECT_EQ(retract(his.str()), "NOT_OWN_MESSAGE");
  for (const auto kind : {AmendmentKind::correct, AmendmentKind::retract}) {
    amended(kind, "b1", "forged", {}, "xmpp:eve@example.org");
    amended(kind, mine.str(), "forged");
    amended(kind, "b1", "forged", {}, kBob, true);
  }
  EXPECT_EQ(now(his).text, "his");
  EXPECT_EQ(now(mine).text, "hi");
  amended(AmendmentKind::correct, "b1", "corrected");
  EXPECT_EQ(now(his).text, "corrected");
  amended(AmendmentKind::retract, "b1");
  EXPECT_EQ(now(his).text, "");
  EXPECT_TRUE(now(his).retracted);
  amended(AmendmentKind::correct, "b1", "back again");
  EXPECT_EQ(now(his).text, "") << "what is gone stays gone";
  EXPECT_EQ(messaging.acknowledged.size(), ticket) << "all of it is dealt with";
}

TEST_F(MessageAmendTest, ACorrectionOfSomethingUnknownIsAMessageOfItsOwn) {
  amended(AmendmentKind::correct, "nothing", "text");
  ASSERT_THAT(stored(), SizeIs(1));
  EXPECT_EQ(stored()[0].text, "text");
  amended(AmendmentKind::retract, "nothing");
  amended(AmendmentKind::react, "nothing", {}, {"x"});
  EXPECT_THAT(stored(), SizeIs(1));
  EXPECT_THAT(messaging.acknowledged, ElementsAre(1, 2, 3));
}

TEST_F(MessageAmendTest, FindsOldMessagesOnDisk) {
  model::Message old;
  old.id = model::MessageId("old");
  old.account = model::AccountId(kAlice);
  old.peer = kBob;
  old.direction = MessageDirection::incoming;
  old.state = MessageState::read;
  old.remote_id = "b1";
  old.text = "old";
  store.logged_messages = {old};
  amended(AmendmentKind::correct, "b1", "new");
  EXPECT_EQ(now(old.id).text, "new");
  EXPECT_EQ(retract("ol"), "NOT_OWN_MESSAGE") << "the beginning of an id is enough";
  model::Message other = old;
  other.id = model::MessageId("other");
  store.logged_messages = {old, other};
  EXPECT_EQ(retract("o"), "AMBIGUOUS");
  EXPECT_EQ(retract("none"), "NOT_FOUND");
  EXPECT_EQ(retract(""), "INVALID_ARGUMENT");
}

TEST_F(MessageAmendTest, ReactionsReplaceTheEarlierOnesOfTheirSender) {
  const model::MessageId mine = sent(), his = came("his", "b1");
  amended(AmendmentKind::react, mine.str(), {}, {"a", "b"});
  amended(AmendmentKind::react, mine.str(), {}, {"c"});
  EXPECT_EQ(react(mine, {"d"}), "reacted");
  EXPECT_EQ(react(his, {"e"}), "reacted");
  EXPECT_THAT(now(mine).reactions,
              ElementsAre(model::Reaction{kBob, {"c"}}, model::Reaction{"", {"d"}}));
  ASSERT_THAT(messaging.amended, SizeIs(2));
  EXPECT_EQ(messaging.amended[1].target, "b1");
  amended(AmendmentKind::react, mine.str(), {}, {});
  EXPECT_EQ(react(mine, {}), "reacted");
  EXPECT_THAT(now(mine).reactions, IsEmpty());
  // From another device of this person, who is the same.
  amended(AmendmentKind::react, "b1", {}, {"f"}, kBob, true);
  EXPECT_THAT(now(his).reactions, ElementsAre(model::Reaction{"", {"f"}}));
  EXPECT_EQ(react(his, {"two words"}), "INVALID_ARGUMENT");
  EXPECT_EQ(react(his, std::vector<std::string>(17, "x")), "INVALID_ARGUMENT");
}

TEST_F(MessageAmendTest, WhatHasNotGoneOutIsNotTakenBack) {
  const model::MessageId id = send("hi")->id;
  EXPECT_EQ(retract(id.str()), "MESSAGE_NOT_SENT");
  EXPECT_EQ(correct(id, "hello"), "hello");
  core->accounts().set_enabled(model::AccountId(kAlice), false, [](auto) {});
  core->accounts().set_enabled(model::AccountId(kAlice), true, [](auto) {});
  EXPECT_EQ(messaging.texts().back(), "hello") << "it goes out as it should have been";
  tell(id, MessageState::sent, {});
  EXPECT_EQ(retract(id.str()), "retracted");
  EXPECT_EQ(correct(id, "x"), "MESSAGE_RETRACTED");
  EXPECT_EQ(react(id, {"x"}), "MESSAGE_RETRACTED");
}

TEST_F(MessageAmendTest, AReplyNamesWhatItAnswers) {
  const model::MessageId his = came(std::string(300, 'x'), "b1");
  const auto answer = [&](const std::string& to, const std::string& id) {
    Result told = never();
    core->messages().send({to, {}, "yes", {}, id}, [&](auto r) { told = std::move(r); });
    return told;
  };
  const auto told = answer(kBob, his.str());
  ASSERT_TRUE(told);
  EXPECT_EQ(told->reply.to, his);
  ASSERT_THAT(messaging.sent, SizeIs(1));
  EXPECT_EQ(messaging.sent[0].reply.wire_id, "b1");
  EXPECT_FALSE(messaging.sent[0].reply.to_own);
  EXPECT_LT(messaging.sent[0].reply.quote.size(), 210U);
  EXPECT_EQ(answer("xmpp:carol@example.org", his.str()).error().reason, "INVALID_ARGUMENT");
  EXPECT_EQ(answer(kBob, "none").error().reason, "NOT_FOUND");
  auto in = incoming("and?", ++ticket, "f2");
  in.remote_id = "b2";
  in.reply.wire_id = told->id.str();
  core->message_received(in);
  EXPECT_EQ(stored().back().reply.to, told->id);
  in.fingerprint = "f3";
  in.reply.wire_id = "unknown";
  core->message_received(in);
  EXPECT_EQ(stored().back().reply.to, model::MessageId());
}

TEST_F(MessageAmendTest, ReadingOneReadsAllBeforeItAndTellsWhoAsks) {
  const model::MessageId first = came("1", "b1");
  clock.wall += std::chrono::seconds(1);
  const model::MessageId second = came("2", "b2");
  clock.wall += std::chrono::seconds(1);
  const model::MessageId third = came("3", "b3");
  EXPECT_EQ(*read(second), 2U);
  EXPECT_EQ(now(first).state, MessageState::read);
  EXPECT_EQ(now(second).state, MessageState::read);
  EXPECT_EQ(now(third).state, MessageState::received);
  ASSERT_THAT(messaging.amended, SizeIs(1));
  EXPECT_EQ(messaging.amended[0].kind, AmendmentKind::displayed);
  EXPECT_EQ(messaging.amended[0].target, "b2");
  EXPECT_EQ(*read(first), 0U);
  EXPECT_THAT(messaging.amended, SizeIs(1)) << "said once";
  // Another device has read the rest: nothing is to be said.
  amended(AmendmentKind::displayed, "b3", {}, {}, kBob, true);
  EXPECT_EQ(now(third).state, MessageState::read);
  EXPECT_THAT(messaging.amended, SizeIs(1));
  EXPECT_EQ(read(sent()).error().reason, "INVALID_ARGUMENT");
}

TEST_F(MessageAmendTest, WhatAnotherDeviceSentIsOutgoingAndItsReceiptsCount) {
  auto in = incoming("from the phone", ++ticket, "f1");
  in.outgoing = true;
  in.sender = kAlice + "/phone";
  in.remote_id = "p1";
  core->message_received(in);
  ASSERT_THAT(stored(), SizeIs(1));
  EXPECT_EQ(stored()[0].direction, MessageDirection::outgoing);
  EXPECT_EQ(stored()[0].state, MessageState::sent);
  EXPECT_EQ(stored()[0].sender, kAlice + "/phone");
  tell(model::MessageId("p1"), MessageState::read, "xmpp:eve@example.org");
  EXPECT_EQ(stored().back().state, MessageState::sent);
  tell(model::MessageId("p1"), MessageState::read, kBob);
  EXPECT_EQ(stored().back().state, MessageState::read);
}

// It is looked for on the disk first, whether it was sent from here; archives stamp whole seconds.
TEST_F(MessageAmendTest, WhatWaitsForTheDiskKeepsItsPlace) {
  clock.wall = base::WallTime(std::chrono::milliseconds(136'900));
  auto before = incoming("before", ++ticket, "f1");
  before.remote_id = "b1";
  core->message_received(before);
  store.hold_reads = true;
  auto out = incoming("out", ++ticket, "f2");
  out.outgoing = true;
  out.remote_id = "p1";
  out.time = base::WallTime(std::chrono::seconds(136));
  core->message_received(out);
  auto later = incoming("later", ++ticket, "f3");
  later.remote_id = "b2";
  later.time = base::WallTime(std::chrono::seconds(137));
  core->message_received(later);
  ASSERT_THAT(store.reads, SizeIs(1));
  store.reads[0]();
  std::map<base::WallTime, std::string> order;
  for (const model::Message& each : stored()) order[each.time] += each.text;
  std::vector<std::string> texts;
  for (const auto& [time, text] : order) texts.push_back(text);
  EXPECT_THAT(texts, ElementsAre("before", "out", "later"));
}

TEST_F(MessageAmendTest, WhatTheArchiveHasOfOursIsSentAndNotShownTwice) {
  const model::MessageId id = send("hi")->id;
  auto in = incoming("hi", ++ticket, "f1");
  in.outgoing = true;
  in.remote_id = id.str();
  core->message_received(in);
  EXPECT_EQ(state_of(id), MessageState::sent);
  EXPECT_THAT(messaging.acknowledged, ElementsAre(1));
  ASSERT_EQ(correct(id, "hello"), "hello");
  auto again = incoming("hello", ++ticket, "f2");
  again.outgoing = true;
  again.remote_id = messaging.amended.at(0).id.str();
  again.amends = AmendmentKind::correct;
  again.target = id.str();
  core->message_received(again);
  EXPECT_FALSE(store.all<ports::PutAmendment>().back().amendment.queued);
  EXPECT_THAT(messaging.acknowledged, ElementsAre(1, 2));
  EXPECT_EQ(now(id).text, "hello");
}

// A server repeats what was not kept: then it has to reach the disk.
TEST_F(MessageAmendTest, WhatCouldNotBeWrittenIsWrittenTheSecondTime) {
  came("secret", "w1");
  store.fail = true;
  amended(AmendmentKind::retract, "w1");
  EXPECT_THAT(messaging.lost, SizeIs(1));
  store.fail = false;
  amended(AmendmentKind::retract, "w1");
  EXPECT_TRUE(stored().back().retracted);
  store.fail = true;
  amended(AmendmentKind::displayed, "w1", {}, {}, kBob, true);
  store.fail = false;
  EXPECT_THAT(messaging.lost, SizeIs(2));
  amended(AmendmentKind::displayed, "w1", {}, {}, kBob, true);
  EXPECT_EQ(stored().back().state, MessageState::read);
}

TEST_F(MessageAmendTest, WhatCannotBeLookedUpIsAskedForAgain) {
  store.unreadable = true;
  const size_t before = messaging.acknowledged.size();
  amended(AmendmentKind::retract, "old");
  amended(AmendmentKind::correct, "old", "better");
  EXPECT_THAT(messaging.lost, SizeIs(2));
  EXPECT_THAT(messaging.acknowledged, SizeIs(before));
  EXPECT_THAT(stored(), IsEmpty());
}

// Live, before the archive has brought what it is about; and once more behind that.
TEST_F(MessageAmendTest, ARetractionThatCameTooEarlyCountsWhenItComesAgain) {
  const auto retracts = [&](uint64_t its_ticket) {
    auto in = incoming({}, its_ticket, "same");
    in.remote_id = "r2";
    in.amends = AmendmentKind::retract;
    in.target = "late";
    core->message_received(std::move(in));
  };
  retracts(50);
  came("regretted", "late");
  retracts(51);
  EXPECT_TRUE(stored().back().retracted);
  EXPECT_THAT(messaging.acknowledged, testing::IsSupersetOf({50U, 51U}));
}

TEST_F(MessageAmendTest, WhatWaitsGoesWithItsAccount) {
  const model::MessageId id = sent();
  EXPECT_EQ(correct(id, "better"), "better");
  core->accounts().remove(model::AccountId(kAlice), [](const auto&) {});
  const auto amendments = store.all<ports::PutAmendment>();
  ASSERT_FALSE(amendments.empty());
  EXPECT_FALSE(amendments.back().amendment.queued);
  EXPECT_EQ(amendments.back().amendment.text, "");
}

TEST_F(MessageAmendTest, TypingIsToldToWhoWatchesAndNotKept) {
  const size_t before = store.changes.size();
  core->typing({model::AccountId(kAlice), kBob, model::Typing::composing});
  ASSERT_FALSE(sink.published.empty());
  EXPECT_EQ(sink.published.back().sequence, 0U);
  EXPECT_EQ(store.changes.size(), before);
  EXPECT_TRUE(core->messages().set_typing("bob@example.org", {}, model::Typing::paused));
  ASSERT_THAT(messaging.typed, SizeIs(1));
  EXPECT_EQ(messaging.typed[0].peer, kBob);
  EXPECT_EQ(core->messages().set_typing("bob", {}, model::Typing::paused).error().reason,
            "INVALID_ARGUMENT");
}

}  // namespace
}  // namespace commd::core
