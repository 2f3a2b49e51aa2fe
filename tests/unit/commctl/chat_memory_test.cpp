// What a chat remembers: messages come again whenever something becomes of them.
#include "clients/commctl/chat_memory.h"

#include <gtest/gtest.h>

namespace commd::commctl {
namespace {

using v1::Message;
using v1::Typing;

Message message(const std::string& id, Message::Direction direction,
                Message::State state = Message::STATE_RECEIVED) {
  Message made;
  made.set_id(id);
  made.set_direction(direction);
  made.set_state(state);
  return made;
}
Message theirs(const std::string& id, Message::State state = Message::STATE_RECEIVED) {
  return message(id, Message::DIRECTION_INCOMING, state);
}
Message ours(const std::string& id, Message::State state = Message::STATE_SENT) {
  return message(id, Message::DIRECTION_OUTGOING, state);
}

Typing typing(Typing::State state) {
  Typing made;
  made.set_state(state);
  return made;
}

TEST(ChatMemory, TellsWhatIsNewFromWhatHasChanged) {
  ChatMemory memory;
  EXPECT_FALSE(memory.take(ours("1")));
  const auto before = memory.take(ours("1", Message::STATE_DELIVERED));
  ASSERT_TRUE(before);
  EXPECT_EQ(before->state(), Message::STATE_SENT);
  EXPECT_EQ(memory.take(ours("1", Message::STATE_DELIVERED))->state(), Message::STATE_DELIVERED);
  EXPECT_EQ(memory.state_of_last_own(), Message::STATE_DELIVERED);
}

TEST(ChatMemory, WhoTypesHasFinishedWhenHisMessageIsHere) {
  ChatMemory memory;
  memory.take(theirs("1"));
  memory.take(typing(Typing::STATE_COMPOSING));
  EXPECT_TRUE(memory.they_type());
  memory.take(theirs("1", Message::STATE_READ));
  EXPECT_TRUE(memory.they_type()) << "an old message that is read now";
  memory.take(ours("2"));
  EXPECT_TRUE(memory.they_type()) << "one of ours";
  memory.take(theirs("3"));
  EXPECT_FALSE(memory.they_type());
  memory.take(typing(Typing::STATE_COMPOSING));
  memory.take(typing(Typing::STATE_PAUSED));
  EXPECT_FALSE(memory.they_type());
}

TEST(ChatMemory, TheLastOneIsTheOneThatWasSaidLast) {
  ChatMemory memory;
  EXPECT_FALSE(memory.state_of_last_own());
  memory.take(ours("1"));
  memory.take(theirs("2"));
  memory.take(ours("3"));
  memory.take(theirs("4"));
  // Somebody reacts to the first ones.
  memory.take(ours("1", Message::STATE_READ));
  memory.take(theirs("2", Message::STATE_READ));
  EXPECT_EQ(memory.last_own(), "3");
  EXPECT_EQ(memory.last_theirs(), "4");
  EXPECT_EQ(memory.state_of_last_own(), Message::STATE_SENT);
}

TEST(ChatMemory, WhatWasReadIsNotReadAgain) {
  ChatMemory memory;
  memory.take(theirs("1", Message::STATE_READ));
  EXPECT_FALSE(memory.has_unread());
  memory.take(theirs("2"));
  memory.take(theirs("3"));
  EXPECT_EQ(memory.take_unread(), "3");
  EXPECT_FALSE(memory.has_unread());
  memory.take(theirs("3"));
  EXPECT_FALSE(memory.has_unread()) << "it came once more before the daemon knew";
}

TEST(ChatMemory, TheLastFileIsTheirs) {
  ChatMemory memory;
  Message file = theirs("1");
  file.mutable_attachment();
  memory.take(file);
  EXPECT_EQ(memory.last_file(), "1");
  Message own = ours("2");
  own.mutable_attachment();
  memory.take(own);
  memory.take(theirs("3"));
  EXPECT_EQ(memory.last_file(), "1");
  // An address in the text turned out to be one.
  Message late = theirs("3");
  late.mutable_attachment();
  memory.take(late);
  EXPECT_EQ(memory.last_file(), "3");
  memory.take(file);
  EXPECT_EQ(memory.last_file(), "3");
}

}  // namespace
}  // namespace commd::commctl
