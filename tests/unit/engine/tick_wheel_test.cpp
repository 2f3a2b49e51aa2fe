#include "media/engine/tick_wheel.h"

#include <gtest/gtest.h>

#include <list>
#include <set>

namespace commd::engine {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

struct Counter : Ticked {
  void tick(base::MonoTime now, unsigned skipped) override {
    times.push_back(now);
    missed += skipped;
  }
  std::vector<base::MonoTime> times;
  unsigned missed = 0;
};

class TickWheelTest : public testing::Test {
 protected:
  // Runs the wheel at its own deadlines until `end`; returns how often it woke.
  int run_until(base::MonoTime end) {
    int wakes = 0;
    while (const auto deadline = wheel_.next_deadline()) {
      if (*deadline > end) break;
      now_ = std::max(now_, *deadline);
      wheel_.run(now_);
      ++wakes;
    }
    return wakes;
  }

  base::MonoTime origin_{std::chrono::hours(5)};
  base::MonoTime now_ = origin_;
  TickWheel wheel_{origin_};
};

TEST_F(TickWheelTest, NoMembersNoDeadline) { EXPECT_FALSE(wheel_.next_deadline()); }

TEST_F(TickWheelTest, OneMemberIsDueFiftyTimesASecond) {
  Counter member;
  now_ = origin_ + microseconds(7300);
  wheel_.add(member, now_);
  const auto first = *wheel_.next_deadline() - now_;
  EXPECT_GE(first, milliseconds(18));
  EXPECT_LE(first, milliseconds(20));
  EXPECT_EQ(run_until(now_ + std::chrono::seconds(10)), 500);
  EXPECT_EQ(member.times.size(), 500U);
  for (size_t i = 1; i < member.times.size(); ++i)
    EXPECT_EQ(member.times[i] - member.times[i - 1], milliseconds(20));
}

TEST_F(TickWheelTest, HundredsOfMembersWakeFiveHundredTimesASecond) {
  std::list<Counter> members;
  for (int i = 0; i < 300; ++i) {
    now_ = origin_ + microseconds(i * 137);
    run_until(now_);
    wheel_.add(members.emplace_back(), now_);
  }
  const auto start = now_;
  EXPECT_LE(run_until(start + std::chrono::seconds(1)), 500);
  for (const Counter& member : members) EXPECT_GE(member.times.size(), 50U);
}

TEST_F(TickWheelTest, BeingLateDoesNotAddUp) {
  Counter member;
  wheel_.add(member, now_);
  for (int i = 0; i < 100; ++i) {
    now_ = *wheel_.next_deadline() + milliseconds(9);
    wheel_.run(now_);
  }
  EXPECT_EQ(*wheel_.next_deadline(), origin_ + milliseconds(20) * 101);
  EXPECT_EQ(member.times.size(), 100U);
}

TEST_F(TickWheelTest, AFewFramesAreMadeUpFor) {
  Counter member;
  wheel_.add(member, now_);
  wheel_.run(origin_ + milliseconds(65));
  EXPECT_EQ(member.times.size(), 3U);
  EXPECT_EQ(member.missed, 0U);
}

TEST_F(TickWheelTest, ALongStandstillIsSkippedAndCounted) {
  Counter member;
  wheel_.add(member, now_);
  wheel_.run(origin_ + milliseconds(1005));
  EXPECT_EQ(member.times.size(), 1U) << "no burst";
  EXPECT_EQ(member.times.size() + member.missed, 50U) << "and no time is lost count of";
  EXPECT_EQ(*wheel_.next_deadline(), origin_ + milliseconds(1020));
}

TEST_F(TickWheelTest, ANewcomerIsNotTickedTwiceByALateWheel) {
  Counter old_member;
  Counter newcomer;
  wheel_.add(old_member, now_);
  now_ = origin_ + milliseconds(61);  // the wheel has not run yet
  wheel_.add(newcomer, now_);
  wheel_.run(now_);
  EXPECT_EQ(old_member.times.size(), 3U);
  EXPECT_TRUE(newcomer.times.empty());
}

TEST_F(TickWheelTest, RemovedMembersAreLeftAlone) {
  Counter member;
  wheel_.add(member, now_);
  wheel_.remove(member);
  EXPECT_FALSE(wheel_.next_deadline());
  wheel_.run(origin_ + std::chrono::seconds(1));
  EXPECT_TRUE(member.times.empty());
}

TEST_F(TickWheelTest, AMovedMemberKeepsItsTime) {
  Counter other;
  wheel_.add(other, origin_ + microseconds(100));
  // It is due at every odd moment of a frame, also where the slot's turn has just been.
  for (int i = 0; i < 400; ++i) {
    Counter member;
    const base::MonoTime due = now_ + microseconds(1 + i * 49);
    wheel_.add_due(member, due, now_);
    run_until(due + milliseconds(50));
    ASSERT_GE(member.times.size(), 2U) << i;
    EXPECT_LE(member.times[0] - due, milliseconds(3)) << i;
    EXPECT_LE(due - member.times[0], milliseconds(1)) << i;
    EXPECT_EQ(member.times[1] - member.times[0], milliseconds(20)) << i;
    wheel_.remove(member);
  }
}

}  // namespace
}  // namespace commd::engine
