// When a worker counts as overloaded, and a worker that is.
#include "media/engine/load_watch.h"

#include <gtest/gtest.h>

#include <future>

#include "media/engine/worker.h"
#include "tests/unit/engine/engine_fixture.h"

namespace commd::engine {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class LoadWatchTest : public testing::Test {
 protected:
  // Rounds every 20 ms for so long, each begun so late.
  void pass(base::Duration time, base::Duration behind) {
    for (const base::MonoTime end = now_ + time; now_ < end; now_ += milliseconds(20))
      watch_.note(now_ - behind, now_);
  }
  LoadWatch watch_;
  base::MonoTime now_{seconds(1000)};
};

TEST_F(LoadWatchTest, AMomentOfDelayIsNoOverload) {
  pass(seconds(5), milliseconds(1));
  pass(milliseconds(1500), milliseconds(200));
  pass(seconds(5), milliseconds(19));
  EXPECT_FALSE(watch_.overloaded());
}

TEST_F(LoadWatchTest, SecondsOfItAreAndHaveToPassAgain) {
  pass(seconds(2), milliseconds(1));
  pass(seconds(5), milliseconds(60));
  EXPECT_TRUE(watch_.overloaded());
  pass(seconds(3), milliseconds(1));
  EXPECT_TRUE(watch_.overloaded()) << "not yet";
  pass(seconds(4), milliseconds(1));
  EXPECT_FALSE(watch_.overloaded());
}

TEST_F(LoadWatchTest, WithoutSessionsThereIsNone) {
  pass(seconds(5), milliseconds(60));
  EXPECT_TRUE(watch_.rest());
  EXPECT_FALSE(watch_.overloaded());
  EXPECT_FALSE(watch_.rest());
}

// Takes longer than it may, however fast the machine is.
class Slow final : public Ticked {
 public:
  void tick(base::MonoTime, unsigned) override { std::this_thread::sleep_for(milliseconds(50)); }
};

TEST(Worker, SaysThatItIsLate) {
  Worker worker("busy");
  Slow slow;
  worker.post([&] { worker.start_ticks(slow); });
  worker.add_load(Worker::fewest_to_shed - 1);
  const auto until = [&](auto condition) {
    const auto end = std::chrono::steady_clock::now() + seconds(60);
    while (!condition() && std::chrono::steady_clock::now() < end)
      std::this_thread::sleep_for(milliseconds(5));
    return condition();
  };
  EXPECT_TRUE(until([&] { return worker.late(); }));
  EXPECT_FALSE(worker.overloaded()) << "so few calls are not what keeps it";
  worker.add_load(1);
  EXPECT_TRUE(worker.overloaded());
  worker.post([&] { worker.stop_ticks(slow); });
  EXPECT_TRUE(until([&] { return !worker.overloaded(); }));
}

}  // namespace
}  // namespace commd::engine
