#include "daemon/model/call_trace.h"

#include <gtest/gtest.h>

namespace commd::model {
namespace {

using Kind = TraceStep::Kind;

TraceStep step(Kind kind, const std::string& code, int second) {
  return {kind, code, code, {}, base::WallTime(std::chrono::seconds(second)), 1};
}

TEST(CallTrace, WhatIsSaidAgainIsCounted) {
  CallTrace trace;
  trace.add(step(Kind::packets, "LOST", 1));
  trace.add(step(Kind::call, "STATE", 2));
  trace.add(step(Kind::packets, "LOST", 3));
  ASSERT_EQ(trace.steps().size(), 2U);
  EXPECT_EQ(trace.steps()[0].count, 2U);
  EXPECT_EQ(trace.steps()[0].time, base::WallTime(std::chrono::seconds(1)));
}

TEST(CallTrace, WhatIsLearntLateTakesItsPlaceInTime) {
  CallTrace trace;
  trace.add(step(Kind::call, "A", 1));
  trace.add(step(Kind::call, "C", 3));
  trace.add(step(Kind::packets, "B", 2));
  ASSERT_EQ(trace.steps().size(), 3U);
  EXPECT_EQ(trace.steps()[1].code, "B");
}

TEST(CallTrace, AFloodOfOneKindLeavesTheOthersAlone) {
  CallTrace trace;
  trace.add(step(Kind::call, "BEGIN", 0));
  for (int i = 0; i < 5000; ++i)
    trace.add(step(Kind::candidate, "CANDIDATE" + std::to_string(i), i));
  trace.add(step(Kind::call, "END", 5000));
  EXPECT_LE(trace.steps().size(), CallTrace::most_steps);
  EXPECT_EQ(trace.steps().front().code, "BEGIN");
  EXPECT_EQ(trace.steps()[1].code, "CANDIDATE0");
  EXPECT_EQ(trace.steps().back().code, "END");
}

TEST(CallTrace, TextsOfTheFarEndAreBounded) {
  CallTrace trace;
  TraceStep long_one = step(Kind::call, "STATE", 1);
  long_one.text = std::string(100'000, 'x');
  for (int i = 0; i < 100; ++i) long_one.details["key" + std::to_string(i)] = long_one.text;
  trace.add(long_one);
  const TraceStep& kept = trace.steps().front();
  EXPECT_LE(kept.text.size(), CallTrace::most_text + 3);
  EXPECT_EQ(kept.details.size(), CallTrace::most_details);
  EXPECT_LE(kept.details.begin()->second.size(), CallTrace::most_text + 3);
}

}  // namespace
}  // namespace commd::model
