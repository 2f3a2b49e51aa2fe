#include "tests/unit/store/store_fixture.h"

namespace commd::store {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class CallQueryTest : public StoreTest {
 protected:
  void SetUp() override {
    open();
    auto missed = ended_call("b2", 200);
    missed.missed = true;
    auto live = ended_call("b9", 900);
    live.state = model::CallState::ringing;
    // Two in the same instant: the id decides.
    ASSERT_TRUE(commit({ports::PutCall{ended_call("a1", 100)}, ports::PutCall{missed},
                        ports::PutCall{ended_call("a3", 300)},
                        ports::PutCall{ended_call("a4", 300)}, ports::PutCall{live}}));
  }
};

TEST_F(CallQueryTest, GivesTheNewestFirst) {
  EXPECT_THAT(ids(*calls({})), ElementsAre("a4", "a3", "b2", "a1"));
}

TEST_F(CallQueryTest, GivesLiveCallsWhenAsked) {
  EXPECT_THAT(ids(*calls({.ended_only = false})), ElementsAre("b9", "a4", "a3", "b2", "a1"));
}

TEST_F(CallQueryTest, GivesOnlyMissedCalls) {
  EXPECT_THAT(ids(*calls({.missed_only = true})), ElementsAre("b2"));
}

TEST_F(CallQueryTest, GivesPages) {
  EXPECT_THAT(ids(*calls({.limit = 1})), ElementsAre("a4"));
  EXPECT_THAT(ids(*calls({.limit = 2, .before = "a4"})), ElementsAre("a3", "b2"));
  EXPECT_THAT(ids(*calls({.limit = 2, .before = "b2"})), ElementsAre("a1"));
  EXPECT_THAT(*calls({.before = "a1"}), IsEmpty());
}

TEST_F(CallQueryTest, RefusesAPageAfterAnUnknownCall) {
  const auto found = calls({.before = "nobody"});
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, base::Code::not_found);
}

TEST_F(CallQueryTest, FindsIdsByTheirPrefix) {
  EXPECT_THAT(ids(*calls({.id_prefix = "a"})), ElementsAre("a4", "a3", "a1"));
  EXPECT_THAT(ids(*calls({.id_prefix = "a3"})), ElementsAre("a3"));
  EXPECT_THAT(*calls({.id_prefix = "a%"}), IsEmpty());
  EXPECT_THAT(*calls({.id_prefix = "\xff"}), IsEmpty());
}

TEST_F(CallQueryTest, BringsTheLimitIntoItsRange) {
  EXPECT_THAT(ids(*calls({.limit = 0})), ElementsAre("a4"));
  std::vector<ports::Change> many;
  for (int i = 0; i < 1100; ++i)
    many.push_back(ports::PutCall{ended_call("m" + std::to_string(i), 1000 + i)});
  ASSERT_TRUE(commit(many));
  EXPECT_EQ(calls({.limit = 5000})->size(), 1000u);
}

}  // namespace
}  // namespace commd::store
