#include "daemon/core/event_log.h"

#include "tests/unit/core/core_fixture.h"

namespace commd::core {
namespace {

class EventLogTest : public ::testing::Test {
 protected:
  EventLogTest() : log(store, encoder, sink, clock, base::null_logger()) {
    log.restore(store.state);
  }
  model::CallChanged call(const std::string& id, model::CallState state) {
    model::Call value;
    value.id = model::CallId(id);
    value.state = state;
    return {value};
  }
  fakes::ManualClock clock;
  fakes::FakeStore store;
  fakes::FakeEncoder encoder;
  fakes::FakeSink sink;
  EventLog log;
};

TEST_F(EventLogTest, NothingIsPublishedBeforeItIsCommitted) {
  store.hold = true;
  log.emit(call("a", model::CallState::dialing));
  log.emit(call("a", model::CallState::active));
  EXPECT_TRUE(sink.published.empty());
  EXPECT_TRUE(log.snapshot().empty());
  EXPECT_EQ(log.published_sequence(), 0U);
  store.flush();
  ASSERT_EQ(sink.published.size(), 2U);
  EXPECT_EQ(sink.published[0].sequence, 1U);
  EXPECT_EQ(sink.published[1].sequence, 2U);
  ASSERT_EQ(log.snapshot().size(), 1U);
  EXPECT_EQ(log.snapshot()[0].sequence, 2U);
}

TEST_F(EventLogTest, WhatIsToldKeepsItsPlace) {
  const auto type = [this](const char* peer) {
    log.tell(model::TypingChanged{model::AccountId("x"), peer, model::Typing::composing});
  };
  type("before");
  ASSERT_EQ(sink.published.size(), 1U);
  store.hold = true;
  log.emit(call("a", model::CallState::dialing));
  type("between");
  log.emit(call("a", model::CallState::active));
  type("after");
  EXPECT_EQ(sink.published.size(), 1U);
  store.flush();
  ASSERT_EQ(sink.published.size(), 5U);
  std::vector<uint64_t> sequences;
  for (const auto& event : sink.published) sequences.push_back(event.sequence);
  EXPECT_EQ(sequences, (std::vector<uint64_t>{0, 1, 0, 2, 0}));
}

TEST_F(EventLogTest, WhatEndedLeavesTheSnapshot) {
  log.emit(call("a", model::CallState::active));
  log.emit(call("b", model::CallState::active));
  log.emit(call("a", model::CallState::ended));
  ASSERT_EQ(log.snapshot().size(), 1U);
  EXPECT_EQ(log.snapshot()[0].key, "calls/b");
}

TEST_F(EventLogTest, AnAccountTakesWhatIsBelowItAlong) {
  const auto of = [](const std::string& account) {
    model::ContactChanged changed;
    changed.contact.account = model::AccountId(account);
    changed.contact.address = "xmpp:bob@example.org";
    return changed;
  };
  for (const char* account : {"a", "a2", "b"}) log.emit(of(account));
  log.emit(model::AccountRemoved{model::AccountId("a")});
  ASSERT_EQ(log.snapshot().size(), 2U);
  EXPECT_EQ(log.snapshot()[0].key, "accounts/a2/contacts/xmpp:bob@example.org");
}

TEST_F(EventLogTest, ShowsWhatHasNotChangedWithoutAnEvent) {
  ports::StoredState state = store.state;
  state.last_sequence = 41;
  log.restore(state);
  log.show(call("a", model::CallState::active));
  ASSERT_EQ(log.snapshot().size(), 1U);
  EXPECT_EQ(log.snapshot()[0].sequence, 41U);
  EXPECT_TRUE(sink.published.empty());
  EXPECT_TRUE(store.changes.empty());
}

TEST_F(EventLogTest, GoesOnFromTheLastRun) {
  ports::StoredState state = store.state;
  state.last_sequence = 41;
  log.restore(state);
  log.emit(call("a", model::CallState::active));
  EXPECT_EQ(sink.published.back().sequence, 42U);
}

TEST_F(EventLogTest, AFullDiskStopsNoCallButIsTold) {
  store.fail = true;
  base::Result<void> told;
  log.emit(call("a", model::CallState::active), {},
           [&](base::Result<void> result) { told = result; });
  EXPECT_FALSE(told);
  EXPECT_EQ(sink.published.size(), 1U);
  EXPECT_NE(log.write_problem().find("the disk is full"), std::string::npos);
  store.fail = false;
  log.emit(call("a", model::CallState::held));
  EXPECT_TRUE(log.write_problem().empty());
}

}  // namespace
}  // namespace commd::core
