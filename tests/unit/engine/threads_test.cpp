#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>

#include <future>
#include <memory>
#include <thread>

#include "media/engine/audio_ring.h"
#include "media/engine/command_queue.h"
#include "media/engine/worker.h"

namespace commd::engine {
namespace {

TEST(CommandQueue, RunsInTheOrderOfPosting) {
  CommandQueue queue;
  std::vector<int> order;
  for (int i = 0; i < 5; ++i) queue.post([&order, i] { order.push_back(i); });
  queue.run();
  EXPECT_EQ(order, (std::vector<int>{0, 1, 2, 3, 4}));
  queue.run();
  EXPECT_EQ(order.size(), 5U) << "once";
}

TEST(CommandQueue, WakesItsOwnerOnceForAnyNumber) {
  CommandQueue queue;
  pollfd ready{queue.fd(), POLLIN, 0};
  EXPECT_EQ(::poll(&ready, 1, 0), 0);
  queue.post([] {});
  queue.post([] {});
  EXPECT_EQ(::poll(&ready, 1, 0), 1);
  queue.run();
  EXPECT_EQ(::poll(&ready, 1, 0), 0);
}

TEST(CommandQueue, ACommandMayPostAnother) {
  CommandQueue queue;
  int runs = 0;
  queue.post([&] { queue.post([&] { ++runs; }); });
  queue.run();
  EXPECT_EQ(runs, 0);
  queue.run();
  EXPECT_EQ(runs, 1);
}

TEST(CommandQueue, WhatNeverRanIsDestroyed) {
  const auto value = std::make_shared<int>(1);
  {
    CommandQueue queue;
    queue.post([value] {});
    EXPECT_EQ(value.use_count(), 2);
  }
  EXPECT_EQ(value.use_count(), 1);
}

TEST(CommandQueue, ManyThreadsLoseNothing) {
  constexpr int threads = 4;
  constexpr int each = 5000;
  CommandQueue queue;
  std::vector<int> last(threads, -1);
  int total = 0;
  bool ordered = true;
  std::vector<std::thread> posters;
  for (int t = 0; t < threads; ++t)
    posters.emplace_back([&, t] {
      for (int i = 0; i < each; ++i)
        queue.post([&, t, i] {
          ordered &= last[static_cast<size_t>(t)] + 1 == i;
          last[static_cast<size_t>(t)] = i;
          ++total;
        });
    });
  while (total < threads * each) {
    pollfd ready{queue.fd(), POLLIN, 0};
    ASSERT_EQ(::poll(&ready, 1, 10000), 1) << "every command wakes the owner";
    queue.run();
  }
  for (std::thread& poster : posters) poster.join();
  EXPECT_TRUE(ordered);
}

// On the heap: g++ 12 does not align what is on the stack to a cache line when the address
// sanitizer looks for uses after the return.
TEST(AudioRing, GivesWhatItGotAcrossTheEdge) {
  const auto owned = std::make_unique<AudioRing>(8);
  AudioRing& ring = *owned;
  std::vector<int16_t> out(8);
  int16_t next_in = 0;
  int16_t next_out = 0;
  for (int round = 0; round < 20; ++round) {
    const std::vector<int16_t> in{next_in, static_cast<int16_t>(next_in + 1),
                                  static_cast<int16_t>(next_in + 2)};
    EXPECT_EQ(ring.write(in), 3U);
    next_in = static_cast<int16_t>(next_in + 3);
    EXPECT_EQ(ring.read(out), 3U);
    for (size_t i = 0; i < 3; ++i) EXPECT_EQ(out[i], next_out++);
  }
}

TEST(AudioRing, TakesNoMoreThanFits) {
  const auto owned = std::make_unique<AudioRing>(8);
  AudioRing& ring = *owned;
  const std::vector<int16_t> in(20, 1);
  EXPECT_EQ(ring.write(in), 8U);
  EXPECT_EQ(ring.write(in), 0U);
  ring.skip(3);
  EXPECT_EQ(ring.size(), 5U);
  ring.skip(99);
  EXPECT_EQ(ring.size(), 0U);
}

TEST(AudioRing, IsFinishedAfterItsLastSample) {
  const auto owned = std::make_unique<AudioRing>(8);
  AudioRing& ring = *owned;
  ring.write(std::vector<int16_t>{1});
  ring.finish();
  EXPECT_FALSE(ring.finished());
  ring.skip(1);
  EXPECT_TRUE(ring.finished());
}

TEST(AudioRing, TwoThreads) {
  const auto owned = std::make_unique<AudioRing>(64);
  AudioRing& ring = *owned;
  constexpr int total = 100000;
  std::thread writer([&] {
    int16_t value = 0;
    for (int sent = 0; sent < total;) {
      if (ring.write(std::span(&value, 1)) == 1) {
        ++value;
        ++sent;
      } else {
        std::this_thread::yield();
      }
    }
    ring.finish();
  });
  int16_t expected = 0;
  bool right = true;
  while (!ring.finished()) {
    int16_t value = 0;
    if (ring.read(std::span(&value, 1)) == 1) {
      right &= value == expected++;
    } else {
      std::this_thread::yield();
    }
  }
  writer.join();
  EXPECT_TRUE(right);
  EXPECT_EQ(expected, static_cast<int16_t>(total));
}

struct Beat : Ticked {
  explicit Beat(int wanted) : left(wanted) {}
  void tick(base::MonoTime now, unsigned) override {
    times.push_back(now);
    if (--left == 0) done.set_value();
  }
  int left;
  std::vector<base::MonoTime> times;
  std::promise<void> done;
};

TEST(Worker, TicksAtOnceAndThenEveryTwentyMilliseconds) {
  Beat beat(6);
  Worker worker("test");
  auto done = beat.done.get_future();
  worker.post([&] {
    worker.start_ticks(beat);
    EXPECT_EQ(beat.times.size(), 1U) << "the first frame leaves at once";
  });
  ASSERT_EQ(done.wait_for(std::chrono::seconds(10)), std::future_status::ready);
  std::promise<void> stopped;
  worker.post([&] {
    worker.stop_ticks(beat);
    stopped.set_value();
  });
  stopped.get_future().wait();
  // Lateness is possible on a busy machine, haste is not.
  EXPECT_GE(beat.times[5] - beat.times[0], std::chrono::milliseconds(98));
}

struct Reader : Readable {
  explicit Reader(int descriptor) : fd(descriptor) {}
  void on_readable() override {
    char octet = 0;
    if (::recv(fd, &octet, 1, 0) == 1) got.set_value(octet);
  }
  int fd;
  std::promise<char> got;
};

TEST(Worker, ReadsWhatItWatches) {
  int pair[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair), 0);
  const base::UniqueFd ours(pair[0]);
  const base::UniqueFd theirs(pair[1]);
  Reader reader(theirs.get());
  auto got = reader.got.get_future();
  Worker worker("test");
  worker.post([&] { EXPECT_TRUE(worker.watch(theirs.get(), reader)); });
  ASSERT_EQ(::send(ours.get(), "x", 1, 0), 1);
  ASSERT_EQ(got.wait_for(std::chrono::seconds(10)), std::future_status::ready);
  EXPECT_EQ(got.get(), 'x');
}

TEST(Worker, RunsWhatWasPostedBeforeItEnds) {
  int runs = 0;
  {
    Worker worker("test");
    for (int i = 0; i < 100; ++i) worker.post([&] { ++runs; });
  }
  EXPECT_EQ(runs, 100);
}

}  // namespace
}  // namespace commd::engine
