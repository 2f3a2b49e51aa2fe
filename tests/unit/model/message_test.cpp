#include "daemon/model/message.h"

#include <gtest/gtest.h>

#include <string>

namespace commd::model {
namespace {

Amendment reaction(std::vector<std::string> emojis) {
  Amendment amendment;
  amendment.kind = AmendmentKind::react;
  amendment.emojis = std::move(emojis);
  return amendment;
}

TEST(Reactions, AreBoundedHoweverManyNamesReact) {
  Message message;
  for (size_t i = 0; i < max_reactions; ++i)
    ASSERT_TRUE(amend(message, reaction({"+"}), "xmpp:room@x/nick" + std::to_string(i), {}));
  EXPECT_FALSE(amend(message, reaction({"+"}), "xmpp:room@x/late", {}));
  EXPECT_EQ(message.reactions.size(), max_reactions);
  EXPECT_TRUE(amend(message, reaction({"-"}), "xmpp:room@x/nick1", {}))
      << "who is in it may change";
  EXPECT_TRUE(amend(message, reaction({}), "xmpp:room@x/nick2", {}));
  EXPECT_TRUE(amend(message, reaction({"+"}), "xmpp:room@x/late", {})) << "and make room";
}

TEST(Reactions, OfAnOccupantStayHisWhateverHisNick) {
  Message message;
  EXPECT_TRUE(amend(message, reaction({"+"}), "xmpp:room@x/Ann", "o1"));
  EXPECT_TRUE(amend(message, reaction({"-"}), "xmpp:room@x/Anna", "o1"));
  ASSERT_EQ(message.reactions.size(), 1U);
  EXPECT_EQ(message.reactions[0].sender, "xmpp:room@x/Anna");
  EXPECT_TRUE(amend(message, reaction({"?"}), "xmpp:room@x/Anna", "o2")) << "another has the nick";
  EXPECT_EQ(message.reactions.size(), 2U);
}

}  // namespace
}  // namespace commd::model
