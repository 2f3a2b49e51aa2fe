#include "daemon/store/database.h"
#include "tests/unit/store/store_fixture.h"

namespace commd::store {
namespace {

using testing::ElementsAre;

class RetentionTest : public StoreTest {
 protected:
  void append(uint64_t from, uint64_t to) {
    for (uint64_t i = from; i <= to; ++i) ASSERT_TRUE(commit({event(i)}));
  }
};

TEST_F(RetentionTest, PrunesTheOldestEventsLittleByLittle) {
  open({.events = 100});
  append(1, 1000);
  // The last commit was acknowledged before its pruning: this read may see either.
  const auto first = open({.events = 100}).first_sequence;
  EXPECT_LE(1000 - first + 1, 164u);
  EXPECT_GE(1000 - first + 1, 100u);
  EXPECT_EQ(events(first - 1, 10'000)->size(), 1000 - first + 1);
}

TEST_F(RetentionTest, RefusesATokenOfPrunedEvents) {
  open({.events = 100});
  append(1, 500);
  const auto state = open({.events = 100});
  const auto expired = events(state.first_sequence - 2);
  ASSERT_FALSE(expired);
  EXPECT_EQ(expired.error().code, base::Code::out_of_range);
  EXPECT_EQ(expired.error().reason, "RESUME_TOKEN_EXPIRED");
  EXPECT_TRUE(events(state.first_sequence - 1));
}

TEST_F(RetentionTest, ATighterLimitIsReachedAtTheNextStart) {
  open({.events = 0});
  std::vector<ports::Change> batch;
  for (uint64_t i = 1; i <= 3000; ++i) batch.push_back(event(i));
  ASSERT_TRUE(commit(std::move(batch)));
  open({.events = 100});
  store_->close();
  // Idle pruning stops for what is queued: closing may have come first.
  for (int i = 0; i < 20; ++i) {
    open({.events = 100});
    ASSERT_TRUE(commit({}));
  }
  const auto state = open({.events = 100});
  EXPECT_GT(state.first_sequence, 2800u);
  EXPECT_EQ(state.last_sequence, 3000u);
}

TEST_F(RetentionTest, PrunesEventsByAge) {
  open({.events = 0, .event_days = 2});
  append(1, 10);
  clock_.advance(24h);
  append(11, 20);
  clock_.advance(26h);
  append(21, 21);
  const auto state = open({.events = 0, .event_days = 2});
  EXPECT_EQ(state.first_sequence, 11u);
  EXPECT_EQ(state.last_sequence, 21u);
}

TEST_F(RetentionTest, KeepsCountingWhenEveryEventIsGone) {
  open({.events = 0, .event_days = 1});
  append(1, 10);
  clock_.advance(100h);
  ASSERT_TRUE(commit({}));
  auto state = open({.events = 0, .event_days = 1});
  EXPECT_EQ(state.last_sequence, 10u);
  EXPECT_EQ(state.first_sequence, 11u);
  append(11, 12);
  EXPECT_THAT(sequences(*events(10)), ElementsAre(11, 12));
}

TEST_F(RetentionTest, NumbersThatAreMissingDoNotKeepItBusy) {
  open({.events = 10});
  // Nothing below 5000 was ever stored.
  for (uint64_t i = 5000; i < 5100; ++i) ASSERT_TRUE(commit({event(i)}));
  const auto state = open({.events = 10});
  EXPECT_GT(state.first_sequence, 5000u);
  EXPECT_EQ(state.last_sequence, 5099u);
}

TEST_F(RetentionTest, KeepsEverythingWithoutLimits) {
  open({.events = 0, .event_days = 0, .calls = 0, .call_days = 0});
  append(1, 200);
  for (int i = 0; i < 200; ++i)
    ASSERT_TRUE(commit({ports::PutCall{ended_call("c" + std::to_string(i), i)}}));
  EXPECT_EQ(open({.events = 0, .event_days = 0, .calls = 0, .call_days = 0}).first_sequence, 1u);
  EXPECT_EQ(calls({.limit = 1000})->size(), 200u);
}

TEST_F(RetentionTest, PrunesTheOldestEndedCalls) {
  open({.calls = 50});
  auto live = ended_call("live", 1);
  live.state = model::CallState::active;
  ASSERT_TRUE(commit({ports::PutCall{live}}));
  for (int i = 0; i < 500; ++i)
    ASSERT_TRUE(commit({ports::PutCall{ended_call("c" + std::to_string(i), 100 + i)}}));
  EXPECT_THAT(ids(open({.calls = 50}).unended_calls), ElementsAre("live"));
  const auto left = calls({.limit = 1000});
  EXPECT_GE(left->size(), 50u);
  EXPECT_LE(left->size(), 50u + 64u);
  EXPECT_EQ(left->front().id.str(), "c499");
}

TEST_F(RetentionTest, PrunesCallsByAge) {
  open({.calls = 0, .call_days = 10});
  const int64_t now = clock_.wall_now().time_since_epoch() / 1s;
  std::vector<ports::Change> batch;
  for (int i = 0; i < 64; ++i)
    batch.push_back(ports::PutCall{ended_call("c" + std::to_string(i), now - i * 86'400)});
  ASSERT_TRUE(commit(std::move(batch)));
  open({.calls = 0, .call_days = 10});
  ASSERT_TRUE(commit({}));
  store_->close();
  open({.calls = 0, .call_days = 10});
  EXPECT_EQ(calls({.limit = 1000})->size(), 11u);
}

}  // namespace
}  // namespace commd::store
