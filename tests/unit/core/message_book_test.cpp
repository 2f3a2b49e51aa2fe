#include "daemon/core/message_book.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/core/message_address.h"
#include "tests/unit/core/message_fixture.h"

namespace commd::core {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

TEST_F(MessageBookTest, IsOnDiskBeforeAnybodyIsToldAndBeforeItGoesOut) {
  add_account(kAlice);
  store.hold = true;
  base::Result<model::Message> told = base::fail(base::Code::internal, "NEVER", "never told");
  core->messages().send({"bob@example.org", {}, "hi", {}}, [&](auto r) { told = std::move(r); });
  EXPECT_FALSE(told);
  EXPECT_THAT(messaging.sent, IsEmpty());
  store.flush();
  ASSERT_TRUE(told);
  EXPECT_EQ(told->state, MessageState::queued);
  EXPECT_EQ(told->peer, kBob);
  ASSERT_THAT(messaging.sent, SizeIs(1));
  EXPECT_EQ(messaging.sent[0].id, told->id);
}

TEST_F(MessageBookTest, WhatIsNotOnDiskIsNotSent) {
  add_account(kAlice);
  store.fail = true;
  EXPECT_EQ(refused("hi", kBob), "STORE_WRITE_FAILED");
  EXPECT_THAT(messaging.sent, IsEmpty());
}

TEST_F(MessageBookTest, GoesOnlyForwards) {
  add_account(kAlice);
  const model::MessageId id = send("hi")->id;
  tell(id, MessageState::sent, {});
  EXPECT_EQ(state_of(id), MessageState::sent);
  tell(id, MessageState::read, kBob);
  tell(id, MessageState::delivered, kBob);
  EXPECT_EQ(state_of(id), MessageState::read);
  EXPECT_EQ(stored().back().state, MessageState::read);
}

TEST_F(MessageBookTest, OnlyWhomItWentToSaysWhatBecameOfIt) {
  add_account(kAlice);
  const model::MessageId id = send("hi")->id;
  tell(id, MessageState::sent, {});
  for (const char* stranger :
       {"xmpp:eve@example.org", "xmpp:example.org", "xmpp:bob@example.org/x"})
    for (const auto claim : {MessageState::delivered, MessageState::read, MessageState::failed})
      tell(id, claim, stranger);
  core->message_report({model::AccountId("other"), id, kBob, MessageState::read, {}, {}});
  EXPECT_EQ(state_of(id), MessageState::sent);
}

TEST_F(MessageBookTest, ReportsOfOldMessagesFindThemOnDiskInOrder) {
  add_account(kAlice);
  model::Message old;
  old.id = model::MessageId("old");
  old.account = model::AccountId(kAlice);
  old.peer = kBob;
  old.state = MessageState::sent;
  store.logged_messages = {old};
  tell(old.id, MessageState::delivered, kBob);
  tell(old.id, MessageState::read, kBob);
  ASSERT_THAT(stored(), SizeIs(2));
  EXPECT_EQ(stored()[0].state, MessageState::delivered);
  EXPECT_EQ(stored()[1].state, MessageState::read);
  store.logged_messages.clear();
  tell(model::MessageId("none"), MessageState::read, kBob);
  EXPECT_THAT(stored(), SizeIs(2));
}

TEST_F(MessageBookTest, WhatWaitsIsHandedOverWheneverItsAccountComesUp) {
  add_account(kAlice);
  const model::MessageId first = send("first")->id;
  send("second");
  tell(first, MessageState::sent, {});
  core->accounts().set_enabled(model::AccountId(kAlice), false, [](auto) {});
  EXPECT_THAT(messaging.texts(), ElementsAre("first", "second"));
  ASSERT_TRUE(send("third", kBob, kAlice));
  EXPECT_THAT(messaging.texts(), ElementsAre("first", "second")) << "its account is down";
  core->accounts().set_enabled(model::AccountId(kAlice), true, [](auto) {});
  EXPECT_THAT(messaging.texts(), ElementsAre("first", "second", "second", "third"));
}

TEST_F(MessageBookTest, ALongBacklogNeedsNoDiskAndKeepsWhatBecameOfIt) {
  add_account(kAlice);
  const model::MessageId first = send("first")->id;
  core->messages().react(first.str(), {"+"}, [](auto reacted) { EXPECT_TRUE(reacted); });
  core->messages().correct(first.str(), "foremost", [](auto done) { EXPECT_TRUE(done); });
  for (int i = 0; i < 2500; ++i) ASSERT_TRUE(send("later"));
  store.unreadable = true;
  tell(first, MessageState::sent, {});
  const model::Message now = stored().back();
  EXPECT_EQ(now.id, first);
  EXPECT_EQ(now.state, MessageState::sent);
  EXPECT_EQ(now.text, "foremost");
  EXPECT_EQ(now.reactions.size(), 1U);
}

TEST_F(MessageBookTest, WhatWaitedIsSentAfterARestart) {
  model::Account account;
  account.id = model::AccountId(kAlice);
  account.address = kAlice;
  account.protocol = model::Protocol::xmpp;
  model::Message message;
  message.id = model::MessageId("m");
  message.account = account.id;
  message.peer = kBob;
  message.text = "before";
  store.state.accounts = {account};
  store.state.queued_messages = {message};
  start();
  EXPECT_THAT(messaging.texts(), ElementsAre("before"));
}

TEST_F(MessageBookTest, AnAccountThatIsRemovedTakesWhatWaitsWithIt) {
  add_account(kAlice);
  const model::MessageId id = send("hi")->id;
  core->accounts().remove(model::AccountId(kAlice), [](auto) {});
  EXPECT_EQ(state_of(id), MessageState::failed);
  EXPECT_EQ(stored().back().fail_reason, "ACCOUNT_REMOVED");
}

TEST_F(MessageBookTest, ComesOnceAndIsAcknowledgedWhenItIsOnDisk) {
  add_account(kAlice);
  store.hold = true;
  core->message_received(incoming("hi", 1, "f"));
  core->message_received(incoming("hi", 2, "f"));
  EXPECT_THAT(messaging.acknowledged, IsEmpty());
  store.flush();
  EXPECT_THAT(messaging.acknowledged, ElementsAre(1, 2));
  store.hold = false;
  core->message_received(incoming("hi", 3, "f"));
  EXPECT_THAT(messaging.acknowledged, ElementsAre(1, 2, 3));
  ASSERT_THAT(stored(), SizeIs(1));
  EXPECT_EQ(stored()[0].state, MessageState::received);
  EXPECT_EQ(stored()[0].time, clock.wall);
  // Those that nothing tells apart are all shown.
  core->message_received(incoming("hi", 4));
  core->message_received(incoming("hi", 5));
  EXPECT_THAT(stored(), SizeIs(3));
}

TEST_F(MessageBookTest, WhatWaitedAtAServerInOneSecondStaysInItsOrder) {
  add_account(kAlice);
  const base::WallTime second{std::chrono::seconds(1'600'000'000)};
  for (uint64_t ticket = 1; ticket <= 3; ++ticket) {
    auto in = incoming("hi", ticket, std::to_string(ticket));
    in.time = ticket < 3 ? second : second + std::chrono::seconds(1);
    core->message_received(in);
  }
  ASSERT_THAT(stored(), SizeIs(3));
  EXPECT_EQ(stored()[0].time, second);
  EXPECT_GT(stored()[1].time, second);
  EXPECT_EQ(stored()[2].time, second + std::chrono::seconds(1));
  // Also behind one that came without having waited.
  clock.wall = second + std::chrono::milliseconds(5500);
  core->message_received(incoming("live", 4, "4"));
  auto in = incoming("after it", 5, "5");
  in.time = second + std::chrono::seconds(5);
  core->message_received(in);
  EXPECT_GT(stored()[4].time, stored()[3].time);
}

TEST_F(MessageBookTest, WhatCameBeforeARestartIsKnownAfterIt) {
  store.state.fingerprints = {"f"};
  start();
  add_account(kAlice);
  core->message_received(incoming("hi", 1, "f"));
  EXPECT_THAT(messaging.acknowledged, ElementsAre(1));
  EXPECT_THAT(stored(), IsEmpty());
}

TEST_F(MessageBookTest, WhatCannotBeKeptIsAskedForAgain) {
  add_account(kAlice);
  store.fail = true;
  core->message_received(incoming("hi", 1, "f"));
  EXPECT_THAT(messaging.acknowledged, IsEmpty());
  EXPECT_THAT(messaging.lost, ElementsAre(1)) << "the one that was not";
  store.fail = false;
  core->message_received(incoming("hi", 2, "f"));
  EXPECT_THAT(messaging.acknowledged, ElementsAre(2));
  EXPECT_THAT(stored(), SizeIs(1));
}

TEST_F(MessageBookTest, SaysWhatIsWrong) {
  EXPECT_EQ(refused("hi", kBob), "NO_ACCOUNT");
  add_account(kAlice);
  EXPECT_EQ(refused("", kBob), "INVALID_ARGUMENT");
  EXPECT_EQ(refused(std::string(model::max_message_bytes + 1, 'x'), kBob), "INVALID_ARGUMENT");
  EXPECT_EQ(refused("hi", "bob"), "INVALID_ARGUMENT");
  EXPECT_EQ(refused("hi", kBob, "nobody"), "NOT_FOUND");
  EXPECT_EQ(refused("hi", kBob, "local"), "INVALID_ARGUMENT");
  add_account("xmpp:other@example.org");
  EXPECT_EQ(refused("hi", kBob), "ACCOUNT_REQUIRED");
  EXPECT_EQ(refused("hi", kBob, kAlice), "sent");
}

TEST_F(MessageBookTest, TheSameRequestIsTheSameMessage) {
  add_account(kAlice);
  const auto one = send("hi", kBob, {}, "r");
  EXPECT_EQ(send("hi", kBob, {}, "r")->id, one->id);
  EXPECT_THAT(messaging.sent, SizeIs(1));
}

TEST_F(MessageBookTest, ThePersonIsTheSameWhateverTheSpelling) {
  const auto peer = [&](const char* typed) {
    return peer_address(core->accounts(), typed).value_or("none");
  };
  for (const char* same : {"bob@example.org", "xmpp:Bob@Example.ORG", "xmpp:bob@example.org/phone",
                           "XMPP:bob@example.org?message;body=x", "BOB@example.org"})
    EXPECT_EQ(peer(same), kBob) << same;
  EXPECT_EQ(peer("sip:Bob@Example.org;transport=tcp"), "sip:Bob@example.org");
  EXPECT_EQ(peer("sip:local@127.0.0.1:5070"), "sip:local@127.0.0.1:5070");
  for (const char* bad : {"", "bob", "@example.org", "mailto:bob@example.org", "b ob@example.org"})
    EXPECT_EQ(peer(bad), "none") << bad;
  // A bare address is of the protocol there is an account for, XMPP first.
  add_account("sip:alice@example.org");
  EXPECT_EQ(peer("bob@example.org"), "sip:bob@example.org");
  add_account(kAlice);
  EXPECT_EQ(peer("bob@example.org"), kBob);
}

TEST_F(MessageBookTest, SipAddressesGoBySipAccountsAndByTheLocalOne) {
  add_account(kAlice);
  EXPECT_EQ(refused("hi", "sip:bob@example.org"), "NO_ACCOUNT");
  EXPECT_EQ(send("hi", "sip:local@127.0.0.1:5070")->account.str(), "local");
  EXPECT_EQ(send("hi", "sip:bob@192.0.2.7", "local")->account.str(), "local");
  add_account("sip:alice@example.org");
  EXPECT_EQ(send("hi", "sip:bob@example.org")->account.str(), "sip:alice@example.org");
  EXPECT_EQ(send("hi", "bob@example.org", "sip:alice@example.org")->peer, "sip:bob@example.org");
  EXPECT_EQ(refused("hi", kBob, "sip:alice@example.org"), "INVALID_ARGUMENT");
  EXPECT_THAT(messaging.texts(), SizeIs(4));
}

TEST_F(MessageBookTest, QueriesTakeAddressesAndAccountsAsPeopleWriteThem) {
  add_account(kAlice);
  const auto asked = [&](const std::string& peer, const std::string& account) {
    ports::MessageQuery query;
    query.peer = peer;
    query.account = model::AccountId(account);
    std::string answer = "asked";
    core->messages().list(query, [&](auto rows) {
      if (!rows) answer = rows.error().reason;
    });
    return answer + " " + store.last_message_query.peer + " " +
           store.last_message_query.account.str();
  };
  EXPECT_EQ(asked("Bob@example.org/phone", "xmpp:ali"), "asked " + kBob + " " + kAlice);
  // What an account said outlives it.
  EXPECT_EQ(asked("", "gone@example.org"), "asked  gone@example.org");
  EXPECT_EQ(asked("nobody", ""), "INVALID_ARGUMENT  gone@example.org");
}

}  // namespace
}  // namespace commd::core
