// Running calls that move from worker to worker.
#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "media/engine/call_session.h"
#include "tests/unit/engine/engine_fixture.h"

namespace commd::engine {
namespace {

constexpr int moves = 40;

// Places where a sine does not go on: x(n+1) + x(n-1) = 2 cos(w) x(n). Those closer
// than a frame are one.
int breaks(const std::vector<int16_t>& samples, uint32_t rate, double hz) {
  const double twice_cosine = 2 * std::cos(2 * std::numbers::pi * hz / rate);
  const size_t frame = rate / 50;
  int count = 0;
  size_t last = 0;
  for (size_t n = 1; n + 1 < samples.size(); ++n) {
    const double residual = samples[n + 1] + samples[n - 1] - twice_cosine * samples[n];
    if (std::abs(residual) < 40) continue;
    if (count == 0 || n - last > frame) ++count;
    last = n;
  }
  return count;
}

class MoveTest : public EngineTest {
 protected:
  MoveTest() : EngineTest(options()) {}

  static EngineOptions options() {
    EngineOptions result;
    result.workers = 2;
    // A machine that is busy otherwise must not look like a loss.
    result.jitter = {std::chrono::milliseconds(200), std::chrono::milliseconds(400)};
    return result;
  }
  CallSession& session(const std::unique_ptr<ports::MediaSession>& session) {
    return dynamic_cast<CallSession&>(*session);
  }
  bool both_hear() {
    return wait([&] { return devices_.ear("a").hears(1000) && devices_.ear("b").hears(440); });
  }
  void move(const std::unique_ptr<ports::MediaSession>& which, size_t worker) {
    bool moved = false;
    session(which).move_to(worker, [&] { moved = true; });
    EXPECT_TRUE(wait([&] { return moved; }));
  }
  // Lets the call go on, as far as what is heard tells.
  void hear_more(size_t samples) {
    const size_t wanted = devices_.ear("b").samples().size() + samples;
    EXPECT_TRUE(wait([&] { return devices_.ear("b").samples().size() >= wanted; }));
  }
};

TEST_F(MoveTest, ARunningCallMovesAndNothingIsLost) {
  open_talkers(config({"L16"}));
  connect();
  ASSERT_TRUE(both_hear());
  const auto before = stats(*b_);
  // From here on, so that the beginning is not counted.
  devices_.ear("b").forget();
  for (int i = 0; i < moves; ++i) {
    move(i % 3 == 2 ? b_ : a_, static_cast<size_t>(i / 2 % 2));
    hear_more(640);  // two frames
  }
  const auto after = stats(*b_);
  EXPECT_EQ(after.received.packets_lost, before.received.packets_lost);
  EXPECT_EQ(after.received.ssrc, before.received.ssrc);
  EXPECT_EQ(after.packets_duplicate, 0U);
  const Ear& ear = devices_.ear("b");
  // A break at every move would be as many. A stalled machine may add one of its own.
  EXPECT_LT(breaks(ear.samples(), ear.rate(), 440), moves / 8);
  EXPECT_TRUE(both_hear());
}

TEST_F(MoveTest, EncryptedToo) {
  auto settings = config({"opus"});
  settings.encryption = model::Encryption::required;
  open_talkers(settings);
  connect();
  ASSERT_TRUE(both_hear());
  for (int i = 0; i < 10; ++i) {
    move(a_, static_cast<size_t>(i % 2));
    move(b_, static_cast<size_t>(i % 2));
  }
  devices_.ear("a").forget();
  devices_.ear("b").forget();
  EXPECT_TRUE(both_hear());
  EXPECT_EQ(stats(*a_).packets_rejected, 0U) << "the keys and their counters came along";
  EXPECT_EQ(stats(*b_).packets_rejected, 0U);
  EXPECT_EQ(stats(*b_).received.packets_lost, 0U);
}

TEST_F(MoveTest, WhatIsAskedOnTheWayIsDoneThere) {
  open_talkers(config());
  connect();
  ASSERT_TRUE(both_hear());
  for (size_t i = 0; i < 10; ++i) {
    bool moved = false;
    bool counted = false;
    session(a_).move_to(i % 2, [&] { moved = true; });
    a_->set_muted(true);
    a_->stats([&](const auto&) { counted = true; });
    a_->set_muted(false);
    ASSERT_TRUE(wait([&] { return moved && counted; }));
  }
  EXPECT_TRUE(both_hear());
}

TEST_F(MoveTest, ACallMayEndOnTheWay) {
  for (size_t i = 0; i < 10; ++i) {
    open_talkers(config());
    connect();
    session(a_).move_to(i % 2, [] { FAIL() << "it is gone"; });
    session(b_).move_to((i + 1) % 2, [] { FAIL() << "it is gone"; });
    a_.reset();
    b_.reset();
  }
  core_.run_posted();
}

TEST_F(MoveTest, TheEngineMayEndOnTheWay) {
  for (size_t i = 0; i < 10; ++i) {
    open_talkers(config());
    connect();
    session(a_).move_to(i % 2, [] {});
    session(b_).move_to(i % 2, [] {});
    make_engine();
  }
}

TEST_F(MoveTest, BeforeThereIsMediaItCostsNothing) {
  open_talkers(config());
  move(a_, 1);
  connect();
  EXPECT_TRUE(both_hear());
}

}  // namespace
}  // namespace commd::engine
