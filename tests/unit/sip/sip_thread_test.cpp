#include "daemon/sip/sip_thread.h"

#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <vector>

extern "C" int commd_sofia_su_timer_expire(su_timer_queue_t*, su_duration_t*, su_time_t);

namespace commd::sip {
namespace {

using namespace std::chrono_literals;
constexpr auto kDeadline = 10s;

TEST(SipThread, RunsWhatIsPostedInOrderOnItsThread) {
  SipThread sip(base::null_logger());
  std::vector<int> order;
  std::promise<bool> all_here;
  for (int i = 0; i < 1000; ++i) sip.post([&order, i] { order.push_back(i); });
  sip.post([&] { all_here.set_value(sip.here()); });
  auto done = all_here.get_future();
  ASSERT_EQ(done.wait_for(kDeadline), std::future_status::ready);
  EXPECT_TRUE(done.get());
  EXPECT_FALSE(sip.here());
  ASSERT_EQ(order.size(), 1000u);
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(order[i], i);
}

TEST(SipThread, TakesPostsOfManyThreadsAtOnce) {
  SipThread sip(base::null_logger());
  constexpr int kThreads = 4;
  constexpr int kEach = 5000;
  std::vector<int> last(kThreads, -1);
  int count = 0;
  bool in_order = true;
  std::promise<void> all;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kEach; ++i) {
        sip.post([&, t, i] {
          in_order = in_order && last[t] == i - 1;
          last[t] = i;
          if (++count == kThreads * kEach) all.set_value();
        });
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  ASSERT_EQ(all.get_future().wait_for(kDeadline), std::future_status::ready);
  EXPECT_TRUE(in_order);
}

// As nua_create() does.
TEST(SipThread, ALoopThatTurnsInsideOfAFunctionRunsNoOther) {
  SipThread sip(base::null_logger());
  bool inside = false;
  std::promise<bool> ran_inside;
  sip.post([&] {
    inside = true;
    sip.post([&] { ran_inside.set_value(inside); });
    for (int i = 0; i < 3; ++i) su_root_step(sip.root(), 5);
    inside = false;
  });
  auto done = ran_inside.get_future();
  ASSERT_EQ(done.wait_for(kDeadline), std::future_status::ready) << "what waited is not forgotten";
  EXPECT_FALSE(done.get());
}

TEST(SipThread, FunctionPostedFromTheThreadRunsLater) {
  SipThread sip(base::null_logger());
  bool inside = false;
  std::promise<bool> ran_inside;
  sip.post([&] {
    inside = true;
    sip.post([&] { ran_inside.set_value(inside); });
    inside = false;
  });
  auto done = ran_inside.get_future();
  ASSERT_EQ(done.wait_for(kDeadline), std::future_status::ready);
  EXPECT_FALSE(done.get());
}

TEST(SipThread, DropsWhatIsQueuedWhenItEnds) {
  auto witness = std::make_shared<int>(0);
  std::promise<void> blocked;
  std::promise<void> go;
  {
    SipThread sip(base::null_logger());
    sip.post([&blocked, go_on = go.get_future().share()] {
      blocked.set_value();
      go_on.wait();
    });
    blocked.get_future().wait();
    sip.post([witness] { ++*witness; });
    go.set_value();
  }
  EXPECT_EQ(witness.use_count(), 1);
}

TEST(SipTimer, FiresOnceNotBeforeItsTime) {
  SipThread sip(base::null_logger());
  SipTimer timer;
  int fired = 0;
  std::promise<std::chrono::steady_clock::duration> took;
  sip.post([&] {
    const auto start = std::chrono::steady_clock::now();
    timer = sip.after(20ms, [&, start] {
      ++fired;
      took.set_value(std::chrono::steady_clock::now() - start);
    });
    EXPECT_TRUE(timer.running());
  });
  auto done = took.get_future();
  ASSERT_EQ(done.wait_for(kDeadline), std::future_status::ready);
  EXPECT_GE(done.get(), 19ms);
  std::promise<void> gone;
  sip.post([&] {
    EXPECT_FALSE(timer.running());
    timer.cancel();
    gone.set_value();
  });
  gone.get_future().wait();
  EXPECT_EQ(fired, 1);
}

TEST(SipTimer, CancelledOrReplacedNeverFires) {
  SipThread sip(base::null_logger());
  SipTimer kept;
  bool wrong = false;
  std::promise<void> late;
  sip.post([&] {
    {
      const SipTimer dropped = sip.after(1ms, [&] { wrong = true; });
    }
    kept = sip.after(1ms, [&] { wrong = true; });
    kept = sip.after(30ms, [&] {
      kept.cancel();
      late.set_value();
    });
  });
  ASSERT_EQ(late.get_future().wait_for(kDeadline), std::future_status::ready);
  EXPECT_FALSE(wrong);
}

TEST(SipTimer, MayBeDestroyedByItsOwnCallbackAndTakesZeroDelay) {
  SipThread sip(base::null_logger());
  auto timer = std::make_unique<SipTimer>();
  std::promise<void> fired;
  sip.post([&] {
    *timer = sip.after(0ms, [&] {
      timer.reset();
      fired.set_value();
    });
  });
  EXPECT_EQ(fired.get_future().wait_for(kDeadline), std::future_status::ready);
}

TEST(SipThread, SleepsUntilATimerIsDueAndNotShorter) {
  SipThread sip(base::null_logger());
  std::promise<std::vector<long>> sleeps;
  sip.post([&] {
    su_timer_t* timer = su_timer_create(su_root_task(sip.root()), 1);
    su_time_t due = su_now();
    due.tv_sec += 1000;
    due.tv_usec = 500'000;
    su_timer_set_at(
        timer, [](su_root_magic_t*, su_timer_t*, su_timer_arg_t*) {}, nullptr, due);
    std::vector<long> milliseconds;
    for (const unsigned before_us : {300U, 2'700U}) {
      su_time_t now = due;
      now.tv_usec -= before_us;
      su_duration_t timeout = 15'000;
      commd_sofia_su_timer_expire(su_task_timers(su_root_task(sip.root())), &timeout, now);
      milliseconds.push_back(timeout);
    }
    su_timer_destroy(timer);
    sleeps.set_value(milliseconds);
  });
  auto done = sleeps.get_future();
  ASSERT_EQ(done.wait_for(kDeadline), std::future_status::ready);
  EXPECT_EQ(done.get(), (std::vector<long>{1, 3}));
}

}  // namespace
}  // namespace commd::sip
