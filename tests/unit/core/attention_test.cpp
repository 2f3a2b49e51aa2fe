#include "daemon/core/attention.h"

#include "tests/unit/core/contacts_fixture.h"

namespace commd::core {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

class AttentionTest : public ContactsFixture {
 protected:
  std::vector<std::string> heard() { return std::exchange(room.asked, {}); }
  Attention& attention() { return core->attention(); }
};

TEST_F(AttentionTest, LastsAWhileAfterTheLastRequest) {
  timers.advance(50s);
  attention().used();
  timers.advance(50s);
  EXPECT_THAT(heard(), IsEmpty());
  timers.advance(Attention::linger);
  EXPECT_THAT(heard(), ElementsAre("not in use"));
  attention().used();
  EXPECT_THAT(heard(), ElementsAre("in use"));
}

TEST_F(AttentionTest, LastsWhileSomebodyWatches) {
  attention().set_watchers(1);
  timers.advance(3600s);
  EXPECT_TRUE(attention().in_use());
  attention().set_watchers(2);
  attention().set_watchers(1);
  timers.advance(3600s);
  EXPECT_THAT(heard(), IsEmpty());
  attention().set_watchers(0);
  timers.advance(Attention::linger);
  timers.advance(Attention::linger);
  EXPECT_THAT(heard(), ElementsAre("not in use"));
}

TEST_F(AttentionTest, WakesNobodyWhileNobodyUsesIt) {
  timers.advance(10 * Attention::linger);
  EXPECT_EQ(timers.armed(), 0U);
}

TEST_F(AttentionTest, WhoAsksWaitsForWhatWasKeptBack) {
  int answered = 0;
  attention().when_caught_up([&] { ++answered; });
  EXPECT_EQ(answered, 1) << "nothing was kept back";
  timers.advance(2 * Attention::linger);
  room.hold = true;
  attention().used();
  attention().when_caught_up([&] { ++answered; });
  EXPECT_EQ(answered, 1);
  room.waiting.back()();
  EXPECT_EQ(answered, 2);
  timers.advance(Attention::catch_up);
  EXPECT_EQ(answered, 2);
}

TEST_F(AttentionTest, AMuteServerKeepsNobodyWaiting) {
  timers.advance(2 * Attention::linger);
  room.hold = true;
  attention().used();
  int answered = 0;
  attention().when_caught_up([&] { ++answered; });
  timers.advance(Attention::catch_up);
  EXPECT_EQ(answered, 1);
  room.waiting.back()();  // too late
  EXPECT_EQ(answered, 1);
}

}  // namespace
}  // namespace commd::core
