#include "daemon/loop/core_loop.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <pthread.h>
#include <unistd.h>

#include <future>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "daemon/base/unique_fd.h"
#include "daemon/loop/fd_watcher.h"

namespace commd::loop {
namespace {

using base::UniqueFd;

std::string thread_name() {
  char name[16] = {};
  ::pthread_getname_np(::pthread_self(), name, sizeof name);
  return name;
}

// Runs `task` on the loop and returns its value.
template <class Task>
auto ask(CoreLoop& loop, Task task) {
  using Value = decltype(task());
  auto answer = std::make_shared<std::promise<Value>>();
  loop.post([answer, task] { answer->set_value(task()); });
  return answer->get_future().get();
}

TEST(CoreLoop, RunsOnAThreadOfItsOwn) {
  CoreLoop loop;
  EXPECT_FALSE(loop.on_loop_thread());
  loop.start();
  EXPECT_EQ(ask(loop, thread_name), "core");
  EXPECT_TRUE(ask(loop, [&] { return loop.on_loop_thread(); }));
  EXPECT_FALSE(loop.on_loop_thread());
}

TEST(CoreLoop, RunsOnTheCallersThread) {
  CoreLoop loop;
  bool inside = false;
  loop.post([&] {
    inside = loop.on_loop_thread();
    loop.stop();
    loop.post([&] { inside = false; });  // not run any more
  });
  std::thread([&] { loop.run(); }).join();
  EXPECT_TRUE(inside);
  EXPECT_FALSE(loop.on_loop_thread());
}

TEST(CoreLoop, NeverRunsATaskInsidePost) {
  CoreLoop loop;
  loop.start();
  EXPECT_FALSE(ask(loop, [&] {
    const auto flag = std::make_shared<bool>(false);
    loop.post([flag] { *flag = true; });
    return *flag;
  }));
}

TEST(CoreLoop, KeepsTheOrderOfEachThread) {
  constexpr int threads = 4;
  constexpr int tasks = 2000;
  CoreLoop loop;
  loop.start();
  std::vector<int> next(threads, 0);
  bool in_order = true;
  std::vector<std::thread> posters;
  for (int t = 0; t < threads; ++t)
    posters.emplace_back([&, t] {
      for (int i = 0; i < tasks; ++i)
        loop.post([&, t, i] { in_order = in_order && next[static_cast<size_t>(t)]++ == i; });
    });
  for (std::thread& poster : posters) poster.join();
  EXPECT_TRUE(ask(loop, [&] { return in_order; }));
  EXPECT_EQ(ask(loop, [&] { return next; }), std::vector<int>(threads, tasks));
}

TEST(CoreLoop, WhatDidNotRunIsDestroyedWithIt) {
  const auto token = std::make_shared<int>(1);
  {
    CoreLoop loop;
    loop.post([token] {});
    EXPECT_EQ(token.use_count(), 2);
  }
  EXPECT_EQ(token.use_count(), 1);
}

TEST(CoreLoop, StopsFromAnotherThreadWhileIdle) {
  CoreLoop loop;
  loop.start();
  ask(loop, [] { return 0; });
  loop.stop();
  loop.join();  // returns
  loop.join();
}

class FdWatcherTest : public testing::Test {
 protected:
  FdWatcherTest() {
    int ends[2];
    EXPECT_EQ(::pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
    reader_.reset(ends[0]);
    writer_.reset(ends[1]);
    loop_.start();
  }
  void send(char byte) { EXPECT_EQ(::write(writer_.get(), &byte, 1), 1); }
  char read_one() {
    char byte = 0;
    return ::read(reader_.get(), &byte, 1) == 1 ? byte : '\0';
  }

  UniqueFd reader_;
  UniqueFd writer_;
  CoreLoop loop_;
};

TEST_F(FdWatcherTest, TellsEveryTime) {
  std::promise<void> first;
  std::promise<void> second;
  std::string seen;
  auto watcher = ask(loop_, [&] {
    return std::make_shared<FdWatcher>(loop_, reader_.get(), [&] {
      seen += read_one();
      if (seen.size() == 1) first.set_value();
      if (seen.size() == 3) second.set_value();
    });
  });
  send('a');
  first.get_future().get();
  send('b');
  send('c');  // may be told together with b: the callback reads one at a time
  second.get_future().get();
  EXPECT_EQ(ask(loop_, [&] { return seen; }), "abc");
  ask(loop_, [&] { return watcher.reset(), 0; });
  EXPECT_NE(::fcntl(reader_.get(), F_GETFD), -1);  // it is still ours
}

TEST_F(FdWatcherTest, MayGoInsideItsOwnCallback) {
  std::promise<void> told;
  std::unique_ptr<FdWatcher> watcher;
  ask(loop_, [&] {
    watcher = std::make_unique<FdWatcher>(loop_, reader_.get(), [&] {
      watcher.reset();
      told.set_value();
    });
    return 0;
  });
  send('a');
  told.get_future().get();
  EXPECT_EQ(ask(loop_, [&] { return watcher.get(); }), nullptr);
  EXPECT_EQ(read_one(), 'a');
}

TEST_F(FdWatcherTest, SaysNothingAfterItsEnd) {
  bool called = false;
  ask(loop_, [&] {
    const FdWatcher watcher(loop_, reader_.get(), [&] { called = true; });
    send('a');
    return 0;
  });
  // The descriptor can be watched again, and is told of what waits.
  std::promise<void> told;
  auto again = ask(loop_, [&] {
    return std::make_shared<FdWatcher>(loop_, reader_.get(), [&] {
      read_one();
      told.set_value();
    });
  });
  told.get_future().get();
  EXPECT_FALSE(ask(loop_, [&] { return called; }));
  ask(loop_, [&] { return again.reset(), 0; });
}

TEST_F(FdWatcherTest, AnotherDescriptorOfTheSameNumberIsNotMistaken) {
  ask(loop_, [&] { return std::make_unique<FdWatcher>(loop_, reader_.get(), [] {}).reset(), 0; });
  const int number = reader_.get();
  int ends[2];
  reader_.reset();
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
  ASSERT_EQ(ends[0], number);
  reader_.reset(ends[0]);
  writer_.reset(ends[1]);
  std::promise<char> told;
  auto watcher = ask(loop_, [&] {
    return std::make_shared<FdWatcher>(loop_, reader_.get(), [&] { told.set_value(read_one()); });
  });
  send('z');
  EXPECT_EQ(told.get_future().get(), 'z');
  ask(loop_, [&] { return watcher.reset(), 0; });
}

}  // namespace
}  // namespace commd::loop
