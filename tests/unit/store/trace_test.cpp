// What happened to a call is kept with it, and goes with it.
#include "daemon/store/trace_table.h"

#include "tests/unit/store/store_fixture.h"

namespace commd::store {
namespace {

using model::TraceStep;

std::vector<TraceStep> some_steps() {
  return {{TraceStep::Kind::call,
           "STATE",
           "the call is ended",
           {{"text", "a\tb\\n\nc"}},
           base::WallTime(std::chrono::seconds(7)),
           3},
          {TraceStep::Kind::finding,
           "NO_RELAY",
           "\ttab first\n",
           {{"", ""}, {"advice", "=;"}},
           base::WallTime(std::chrono::seconds(8)),
           1}};
}

class TraceTest : public StoreTest {
 protected:
  std::vector<TraceStep> trace_of(const std::string& id) {
    std::optional<base::Result<std::vector<TraceStep>>> result;
    store_->query_trace(model::CallId(id), [&](auto steps) { result = std::move(steps); });
    EXPECT_TRUE(core_.run_until([&] { return result.has_value(); }));
    EXPECT_TRUE(result && *result);
    return result && *result ? **result : std::vector<TraceStep>{};
  }
};

TEST(TraceText, IsReadAsItWasWritten) {
  EXPECT_EQ(decode_trace(encode_trace(some_steps())), some_steps());
  EXPECT_TRUE(decode_trace("").empty());
}

TEST(TraceText, WhatIsNotKnownIsLeftOut) {
  const auto steps =
      decode_trace("nonsense\nfuture\t1\t1\tCODE\ttext\n" + encode_trace(some_steps()) + "call\t1");
  EXPECT_EQ(steps, some_steps());
}

TEST_F(TraceTest, ACallKeepsItsTraceUntilItIsForgotten) {
  open({.calls = 1});
  model::Call call;
  call.id = model::CallId("c1");
  call.state = model::CallState::ended;
  ASSERT_TRUE(commit({ports::PutCall{call}, ports::PutTrace{call.id, some_steps()},
                      ports::PutTrace{model::CallId("unknown"), some_steps()}}));
  EXPECT_EQ(trace_of("c1"), some_steps());
  EXPECT_TRUE(trace_of("unknown").empty()) << "of a call that is not in the log";
  call.create_time = base::WallTime(std::chrono::hours(1));
  std::vector<ports::Change> more;
  for (int i = 0; i < 200; ++i) {
    call.id = model::CallId("d" + std::to_string(i));
    call.create_time += std::chrono::seconds(1);
    more.push_back(ports::PutCall{call});
  }
  ASSERT_TRUE(commit(std::move(more)));
  // Idle pruning stops for what is queued: closing may have come first.
  for (int i = 0; i < 20; ++i) {
    open({.calls = 1});
    ASSERT_TRUE(commit({}));
  }
  EXPECT_TRUE(trace_of("c1").empty());
}

}  // namespace
}  // namespace commd::store
