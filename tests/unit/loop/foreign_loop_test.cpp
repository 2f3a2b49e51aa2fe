#include "daemon/loop/foreign_loop.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <pthread.h>

#include <future>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace commd::loop {
namespace {

// Stands for a C library: its loop is poll() on one descriptor.
class PollLoop final : public ForeignLoop {
 public:
  explicit PollLoop(base::Result<void> set_up = {}) : ForeignLoop("poll"), set_up_(set_up) {}
  ~PollLoop() override { stop(); }

  std::string steps;  // read after stop()
  void end_now() { quit(); }

 private:
  base::Result<void> set_up() override {
    steps += "u";
    return set_up_;
  }
  void run_loop() override {
    steps += "r";
    while (!quit_) {
      pollfd wait{wake_fd(), POLLIN, 0};
      ::poll(&wait, 1, -1);
      run_posted();
    }
  }
  void quit() override {
    steps += "q";
    quit_ = true;
  }
  void tear_down() override { steps += "t"; }

  base::Result<void> set_up_;
  bool quit_ = false;
};

TEST(ForeignLoop, RunsTheWholeLifeOnItsThread) {
  PollLoop loop;
  ASSERT_TRUE(loop.start());
  std::promise<std::string> name;
  loop.post([&] {
    char text[16] = {};
    ::pthread_getname_np(::pthread_self(), text, sizeof text);
    name.set_value(loop.on_loop_thread() ? text : "elsewhere");
  });
  EXPECT_EQ(name.get_future().get(), "poll");
  EXPECT_FALSE(loop.on_loop_thread());
  loop.stop();
  loop.stop();
  EXPECT_EQ(loop.steps, "urqt");
}

TEST(ForeignLoop, AFailedSetUpIsReturned) {
  PollLoop loop(base::fail(base::Code::unavailable, "NO_LIBRARY", "no library"));
  const auto started = loop.start();
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().reason, "NO_LIBRARY");
  loop.stop();
  EXPECT_EQ(loop.steps, "u");
}

TEST(ForeignLoop, WhatWasPostedBeforeTheStartIsRun) {
  PollLoop loop;
  std::promise<void> ran;
  loop.post([&] { ran.set_value(); });
  ASSERT_TRUE(loop.start());
  ran.get_future().get();
}

TEST(ForeignLoop, WhatIsLeftAtTheEndIsDroppedOnItsThread) {
  PollLoop loop;
  ASSERT_TRUE(loop.start());
  const auto token = std::make_shared<int>(0);
  std::thread::id destroyed_on;
  std::thread::id loop_thread;
  bool ran = false;
  loop.post([&] {
    loop_thread = std::this_thread::get_id();
    // For the next round, which never comes.
    const std::shared_ptr<int> guard(new int(0), [&](int* value) {
      destroyed_on = std::this_thread::get_id();
      delete value;
    });
    loop.post([&ran, guard] { ran = true; });
    loop.end_now();
  });
  loop.stop();
  loop.post([token] {});  // after the end
  EXPECT_FALSE(ran);
  EXPECT_EQ(token.use_count(), 1);
  EXPECT_EQ(destroyed_on, loop_thread);
}

TEST(ForeignLoop, KeepsTheOrderOfManyThreads) {
  constexpr int threads = 4;
  constexpr int tasks = 2000;
  PollLoop loop;
  ASSERT_TRUE(loop.start());
  std::vector<int> next(threads, 0);
  bool in_order = true;
  std::vector<std::thread> posters;
  for (int t = 0; t < threads; ++t)
    posters.emplace_back([&, t] {
      for (int i = 0; i < tasks; ++i)
        loop.post([&, t, i] { in_order = in_order && next[static_cast<size_t>(t)]++ == i; });
    });
  for (std::thread& poster : posters) poster.join();
  std::promise<void> all;
  loop.post([&] { all.set_value(); });
  all.get_future().get();
  loop.stop();
  EXPECT_TRUE(in_order);
  EXPECT_EQ(next, std::vector<int>(threads, tasks));
}

}  // namespace
}  // namespace commd::loop
