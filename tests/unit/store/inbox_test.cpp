#include "daemon/store/inbox.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <thread>

namespace commd::store {
namespace {

TEST(Inbox, GivesEverythingOldestFirst) {
  Inbox<int> inbox;
  for (int i = 0; i < 5; ++i) inbox.push(i);
  EXPECT_EQ(inbox.size(), 5u);
  EXPECT_THAT(inbox.take_all(), testing::ElementsAre(0, 1, 2, 3, 4));
  EXPECT_EQ(inbox.size(), 0u);
  inbox.push(5);
  EXPECT_THAT(inbox.take_all(), testing::ElementsAre(5));
}

TEST(Inbox, FreesWhatNobodyTook) {
  const auto value = std::make_shared<int>(1);
  {
    Inbox<std::shared_ptr<int>> inbox;
    inbox.push(value);
    inbox.push(value);
  }
  EXPECT_EQ(value.use_count(), 1);
}

TEST(Inbox, LosesNothingBetweenThreads) {
  constexpr int each = 50'000;
  Inbox<std::pair<int, int>> inbox;
  std::vector<std::thread> pushers;
  for (int pusher = 0; pusher < 3; ++pusher) {
    pushers.emplace_back([&inbox, pusher] {
      for (int i = 0; i < each; ++i) inbox.push({pusher, i});
    });
  }
  std::array<int, 3> next{};
  for (int taken = 0; taken < 3 * each;) {
    for (const auto& [pusher, i] : inbox.take_all()) {
      ASSERT_EQ(i, next.at(static_cast<size_t>(pusher))++);
      ++taken;
    }
  }
  for (std::thread& pusher : pushers) pusher.join();
  EXPECT_EQ(inbox.size(), 0u);
}

}  // namespace
}  // namespace commd::store
