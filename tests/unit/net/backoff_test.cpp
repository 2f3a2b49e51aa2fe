#include "daemon/net/backoff.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace commd::net {
namespace {

using testing::ElementsAre;

TEST(Backoff, DoublesItsBoundAndStaysBelowFiveMinutes) {
  Backoff longest;
  std::vector<long> waits;
  for (int i = 0; i < 10; ++i) waits.push_back(longest.next(0xFFFFFFFF).count());
  EXPECT_THAT(waits, ElementsAre(2'000, 4'000, 8'000, 16'000, 32'000, 64'000, 128'000, 256'000,
                                 300'000, 300'000));
}

TEST(Backoff, TakesAnythingBelowItsBoundButNotNothing) {
  Backoff backoff;
  EXPECT_EQ(backoff.next(0), Backoff::least);
  EXPECT_EQ(backoff.next(0x80000000).count(), 2'250);
  backoff.reset();
  EXPECT_EQ(backoff.next(0xFFFFFFFF), Backoff::first);
}

}  // namespace
}  // namespace commd::net
