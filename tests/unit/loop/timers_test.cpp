#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <memory>
#include <string>

#include "daemon/loop/asio_timers.h"
#include "daemon/loop/core_loop.h"

namespace commd::loop {
namespace {

using namespace std::chrono_literals;

// Everything happens on the loop's thread; the test ends when the loop stops.
class AsioTimersTest : public testing::Test {
 protected:
  void run(std::function<void()> body) {
    loop_.post(std::move(body));
    loop_.run();
  }
  CoreLoop loop_;
  AsioTimers timers_{loop_};
};

TEST_F(AsioTimersTest, FireInTheOrderOfTheirDelays) {
  std::string order;
  std::vector<ports::TimerHandle> handles;
  run([&] {
    // Started first and due last: far enough away that a machine under load cannot
    // make the others, whose time begins later, due after it.
    handles.push_back(timers_.after(250ms, [&] {
      order += 'c';
      loop_.stop();
    }));
    handles.push_back(timers_.after(120ms, [&] { order += 'b'; }));
    handles.push_back(timers_.after(0ms, [&] { order += 'a'; }));
    handles.push_back(timers_.after(-5s, [&] { order += 'a'; }));
    EXPECT_EQ(order, "");  // never from inside after()
  });
  EXPECT_EQ(order, "aabc");
  handles.clear();
}

TEST_F(AsioTimersTest, AreNotEarly) {
  const auto begin = std::chrono::steady_clock::now();
  ports::TimerHandle handle;
  run([&] { handle = timers_.after(4ms, [&] { loop_.stop(); }); });
  EXPECT_GE(std::chrono::steady_clock::now() - begin, 4ms);
  handle.reset();
}

TEST_F(AsioTimersTest, DestroyingTheHandleCancels) {
  bool called = false;
  const auto token = std::make_shared<int>(0);
  ports::TimerHandle end;
  run([&] {
    auto handle = timers_.after(1ms, [&called, token] { called = true; });
    EXPECT_EQ(token.use_count(), 2);
    handle.reset();
    EXPECT_EQ(token.use_count(), 1);  // what it captured goes at once
    end = timers_.after(3ms, [&] { loop_.stop(); });
  });
  EXPECT_FALSE(called);
  end.reset();
}

TEST_F(AsioTimersTest, ACancelAfterTheExpiryStillHolds) {
  // Both are due at once; the first cancels the second, whose handler is queued.
  bool called = false;
  ports::TimerHandle first;
  ports::TimerHandle second;
  ports::TimerHandle end;
  run([&] {
    first = timers_.after(0ms, [&] { second.reset(); });
    second = timers_.after(0ms, [&] { called = true; });
    end = timers_.after(2ms, [&] { loop_.stop(); });
    const auto due = std::chrono::steady_clock::now() + 1ms;
    while (std::chrono::steady_clock::now() < due) {
    }
  });
  EXPECT_FALSE(called);
  end.reset();
  first.reset();
}

TEST_F(AsioTimersTest, MayBeDestroyedInTheirOwnCallback) {
  ports::TimerHandle handle;
  const auto token = std::make_shared<std::string>("alive");
  std::string seen;
  run([&] {
    handle = timers_.after(0ms, [&, token] {
      handle.reset();
      seen = *token;  // the capture outlives the handle
      handle = timers_.after(0ms, [&] { loop_.stop(); });
    });
  });
  EXPECT_EQ(seen, "alive");
  handle.reset();
}

TEST_F(AsioTimersTest, TheLongestDelayDoesNotOverflow) {
  bool called = false;
  ports::TimerHandle longest;
  ports::TimerHandle end;
  run([&] {
    longest = timers_.after(base::Duration::max(), [&] { called = true; });
    end = timers_.after(2ms, [&] { loop_.stop(); });
  });
  EXPECT_FALSE(called);
  longest.reset();
  end.reset();
}

TEST(SystemClock, IsTheMachinesClock) {
  const SystemClock clock;
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_GE(clock.mono_now(), begin);
  EXPECT_GT(clock.wall_now().time_since_epoch(), std::chrono::hours(24 * 365 * 50));
}

}  // namespace
}  // namespace commd::loop
