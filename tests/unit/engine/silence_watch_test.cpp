#include "media/engine/silence_watch.h"

#include <gtest/gtest.h>

namespace commd::engine {
namespace {

using namespace std::chrono_literals;
using Expect = SilenceWatch::Expect;

constexpr base::MonoTime start{1000s};
constexpr auto just_before = ports::media_silence - 1ms;

TEST(SilenceWatch, TellsOnceThatNothingComesAndOnceThatItIsBack) {
  SilenceWatch watch;
  watch.expect(Expect::packets, start);
  const base::MonoTime last = start + 5s;
  EXPECT_EQ(watch.check(last, last + just_before), std::nullopt);
  EXPECT_EQ(watch.check(last, last + ports::media_silence), true);
  EXPECT_EQ(watch.check(last, last + 10min), std::nullopt);
  EXPECT_TRUE(watch.lost());
  EXPECT_EQ(watch.check(last + 11min, last + 11min), false);
  EXPECT_EQ(watch.check(last + 11min, last + 11min + just_before), std::nullopt);
  EXPECT_EQ(watch.check(last + 11min, last + 12min), true) << "and again";
}

TEST(SilenceWatch, APeerThatNeverSpokeIsLostToo) {
  SilenceWatch watch;
  watch.expect(Expect::packets, start);
  EXPECT_EQ(watch.check({}, start + just_before), std::nullopt);
  EXPECT_EQ(watch.check({}, start + ports::media_silence), true);
  EXPECT_EQ(watch.check(start + 1min, start + 1min), false);
}

TEST(SilenceWatch, NothingIsExpectedBeforeTheAnswerAndOnHold) {
  SilenceWatch watch;
  EXPECT_EQ(watch.check({}, start + 1h), std::nullopt);
  watch.expect(Expect::nothing, start);
  EXPECT_EQ(watch.check({}, start + 1h), std::nullopt);
}

TEST(SilenceWatch, ReportsOfASilentPeerAreEnough) {
  SilenceWatch watch;
  watch.expect(Expect::packets, start);
  base::MonoTime report = start;
  for (base::MonoTime now = start; now < start + 10min; now += 1s) {
    if (now - report >= 25s) report = now;
    ASSERT_EQ(watch.check(report, now), std::nullopt);
  }
}

TEST(SilenceWatch, AfterResumingItTakesTheWholeTimeAgain) {
  SilenceWatch watch;
  watch.expect(Expect::packets, start);
  watch.expect(Expect::nothing, start + 1s);
  watch.expect(Expect::packets, start + 1h);
  EXPECT_EQ(watch.check(start, start + 1h + just_before), std::nullopt);
  EXPECT_EQ(watch.check(start, start + 1h + ports::media_silence), true);
}

TEST(SilenceWatch, ARefreshIsNotARecoveryButAHoldEndsTheJudgement) {
  SilenceWatch watch;
  watch.expect(Expect::packets, start);
  ASSERT_EQ(watch.check({}, start + 1min), true);
  watch.expect(Expect::packets, start + 2min);
  EXPECT_TRUE(watch.lost());
  EXPECT_EQ(watch.check({}, start + 3min), std::nullopt);
  watch.expect(Expect::nothing, start + 4min);
  EXPECT_FALSE(watch.lost());
  EXPECT_EQ(watch.check({}, start + 1h), std::nullopt);
  watch.expect(Expect::packets, start + 1h);
  EXPECT_EQ(watch.check({}, start + 1h + ports::media_silence), true);
}

}  // namespace
}  // namespace commd::engine
