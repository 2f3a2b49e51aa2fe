#include "daemon/loop/glib_loop.h"

#include <gtest/gtest.h>

#include <future>

namespace commd::loop {
namespace {

using std::chrono::milliseconds;

class GlibLoopTest : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(loop_.start()); }
  // Runs `function` on the loop and waits for it.
  template <class F>
  void on_loop(F function) {
    std::promise<void> done;
    loop_.post([&] {
      function();
      done.set_value();
    });
    ASSERT_EQ(done.get_future().wait_for(std::chrono::seconds(10)), std::future_status::ready);
  }
  GlibLoop loop_{"glib-test"};
};

TEST_F(GlibLoopTest, RunsWhatIsPosted) {
  bool here = false;
  on_loop([&] { here = loop_.on_loop_thread(); });
  EXPECT_TRUE(here);
}

TEST_F(GlibLoopTest, TimersExpireInOrderAndOnce) {
  std::promise<std::vector<int>> done;
  std::vector<int> order;
  AttachedSource first;
  AttachedSource second;
  AttachedSource third;
  on_loop([&] {
    third = loop_.after(milliseconds(30), [&] { done.set_value(order); });
    second = loop_.after(milliseconds(10), [&] { order.push_back(2); });
    first = loop_.after(milliseconds(0), [&] { order.push_back(1); });
  });
  EXPECT_EQ(done.get_future().get(), (std::vector<int>{1, 2}));
  on_loop([&] {
    for (AttachedSource* timer : {&first, &second, &third}) timer->reset();
  });
}

TEST_F(GlibLoopTest, ATimerThatIsGoneDoesNotExpire) {
  bool expired = false;
  std::promise<void> done;
  AttachedSource later;
  on_loop([&] {
    AttachedSource gone = loop_.after(milliseconds(0), [&] { expired = true; });
    gone.reset();
    later = loop_.after(milliseconds(5), [&] { done.set_value(); });
  });
  done.get_future().get();
  EXPECT_FALSE(expired);
  on_loop([&] { later.reset(); });
}

TEST_F(GlibLoopTest, ATimerMayStartItselfAgain) {
  std::promise<void> done;
  int count = 0;
  AttachedSource timer;
  std::function<void()> again = [&] {
    if (++count == 3) return done.set_value();
    timer = loop_.after(milliseconds(1), again);
  };
  on_loop([&] { again(); });
  done.get_future().get();
  EXPECT_EQ(count, 3);
  on_loop([&] { timer.reset(); });
}

}  // namespace
}  // namespace commd::loop
