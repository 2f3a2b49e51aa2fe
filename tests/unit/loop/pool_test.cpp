#include "daemon/loop/pool.h"

#include <gtest/gtest.h>
#include <pthread.h>

#include <atomic>
#include <future>
#include <latch>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace commd::loop {
namespace {

TEST(Pool, StartsThreadsWithTheFirstJobs) {
  Pool pool("hash", 2);
  EXPECT_EQ(pool.started(), 0U);
  std::promise<std::string> name;
  pool.post([&] {
    char text[16] = {};
    ::pthread_getname_np(::pthread_self(), text, sizeof text);
    name.set_value(text);
  });
  EXPECT_EQ(name.get_future().get(), "hash");
  EXPECT_EQ(pool.started(), 1U);
}

TEST(Pool, RunsJobsSideBySideUpToItsLimit) {
  Pool pool("pool", 2);
  std::latch both(2);  // passes only when two jobs run at the same time
  std::latch done(2);
  for (int i = 0; i < 2; ++i)
    pool.post([&] {
      both.arrive_and_wait();
      done.count_down();
    });
  done.wait();
  EXPECT_EQ(pool.started(), 2U);
}

TEST(Pool, OneThreadKeepsTheOrder) {
  std::vector<int> order;
  {
    Pool pool("pool", 1);
    for (int i = 0; i < 500; ++i) pool.post([&order, i] { order.push_back(i); });
  }  // finishes what was posted
  ASSERT_EQ(order.size(), 500U);
  for (int i = 0; i < 500; ++i) EXPECT_EQ(order[static_cast<size_t>(i)], i);
}

TEST(Pool, FinishesEverythingBeforeItGoes) {
  std::atomic<int> ran{0};
  {
    Pool pool("pool", 2);
    std::vector<std::thread> posters;
    for (int t = 0; t < 3; ++t)
      posters.emplace_back([&] {
        for (int i = 0; i < 300; ++i) pool.post([&] { ++ran; });
      });
    for (std::thread& poster : posters) poster.join();
  }
  EXPECT_EQ(ran, 900);
}

TEST(Pool, HandsTheValueToTheLoop) {
  CoreLoop loop;
  loop.start();
  std::promise<int> answer;
  Pool pool;
  pool.run(
      loop, [] { return std::make_unique<int>(42); },
      [&](std::unique_ptr<int> value) { answer.set_value(loop.on_loop_thread() ? *value : -1); });
  EXPECT_EQ(answer.get_future().get(), 42);
}

}  // namespace
}  // namespace commd::loop
