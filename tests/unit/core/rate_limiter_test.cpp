#include "daemon/core/rate_limiter.h"

#include <gtest/gtest.h>

#include <chrono>

namespace commd::core {
namespace {

using std::chrono::milliseconds;

TEST(RateLimiter, AllowsABurstOfTwiceTheRateThenTheRate) {
  RateLimiter limiter(10);
  base::MonoTime now{};
  int admitted = 0;
  for (int i = 0; i < 100; ++i) admitted += limiter.admit("a", now);
  EXPECT_EQ(admitted, 20);
  now += std::chrono::seconds(1);
  admitted = 0;
  for (int i = 0; i < 100; ++i) admitted += limiter.admit("a", now);
  EXPECT_EQ(admitted, 10);
}

TEST(RateLimiter, SourcesDoNotShare) {
  RateLimiter limiter(1);
  const base::MonoTime now{};
  while (limiter.admit("a", now)) {
  }
  EXPECT_TRUE(limiter.admit("b", now));
}

TEST(RateLimiter, ForgetsTheLongestUnseenWhenFull) {
  RateLimiter limiter(1, 2);
  base::MonoTime now{};
  while (limiter.admit("a", now)) {
  }
  now += milliseconds(1);
  EXPECT_TRUE(limiter.admit("b", now));
  now += milliseconds(1);
  EXPECT_TRUE(limiter.admit("c", now));  // "a" is forgotten
  EXPECT_TRUE(limiter.admit("a", now));
}

TEST(RateLimiter, ZeroIsNoLimit) {
  RateLimiter limiter(0);
  for (int i = 0; i < 10000; ++i) ASSERT_TRUE(limiter.admit("a", {}));
}

}  // namespace
}  // namespace commd::core
