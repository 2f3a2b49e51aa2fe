// What a call tells of itself: unasked while it is silent, asked for, and kept.
#include "tests/unit/core/core_fixture.h"

namespace commd::core {
namespace {

using fakes::FakeSession;
using std::chrono::milliseconds;
using std::chrono::seconds;

class CallExplainTest : public CallFixture {
 protected:
  size_t silent_notices() const {
    size_t count = 0;
    for (const model::Event& event : encoder.events)
      if (const auto* notice = std::get_if<model::Notice>(&event.body))
        count += notice->reason == "CALL_SILENT" ? 1 : 0;
    return count;
  }
  CallExplained explained(const std::string& reference = {}) {
    base::Result<CallExplained> result = base::fail(base::Code::internal, "NEVER", "never called");
    core->calls().explain(reference, [&](auto told) { result = std::move(told); });
    EXPECT_TRUE(result) << result.error().message;
    return result ? *result : CallExplained{};
  }
  static bool has(const CallExplained& explained, const std::string& code) {
    return std::any_of(explained.steps.begin(), explained.steps.end(),
                       [&](const auto& step) { return step.code == code; });
  }
  void deafen() {
    session().figures.received.packets = 0;
    session().figures.evidence = {};
    session().figures.evidence.first_sent = seconds(4);
  }
};

TEST_F(CallExplainTest, ASilentCallSaysWhyWithinFiveSecondsAndOnce) {
  talk_out();
  deafen();
  timers.advance(seconds(3));
  EXPECT_EQ(silent_notices(), 0U);
  timers.advance(seconds(2));
  EXPECT_EQ(silent_notices(), 1U);
  timers.advance(seconds(20));
  EXPECT_EQ(silent_notices(), 1U);
  EXPECT_EQ(explained().findings.front().code, "NOTHING_RECEIVED");
}

TEST_F(CallExplainTest, EachKindOfKeysIsNamed) {
  talk_out();
  auto offer = FakeSession::described(model::Direction::send_recv);
  model::TransportDescription& transport = offer.streams[0].transport;
  transport.sdes.clear();
  const auto last_offer = [&] {
    core->offered(wire.last_leg, offer);
    std::string keys;
    for (const model::TraceStep& step : explained().steps)
      if (step.code == "THEIR_OFFER") keys = step.details.at("keys");
    return keys;
  };
  EXPECT_EQ(last_offer(), "none");
  transport.zrtp_hash = "1.10 00";
  EXPECT_EQ(last_offer(), "ZRTP, not demanded");
  transport.dtls.emplace();
  offer.streams[0].secure_profile = true;
  EXPECT_EQ(last_offer(), "ZRTP or DTLS");
}

TEST_F(CallExplainTest, MediaInClearIsSaidToBe) {
  talk_out();
  const auto agreed = [&] {
    std::string text;
    for (const model::TraceStep& step : explained().steps)
      if (step.code == "MEDIA_AGREED") text = step.text;
    return text;
  };
  session().observer.media_changed("opus/48000", {});
  EXPECT_EQ(agreed(), "opus/48000, not encrypted (yet)");
  model::CallSecurity security;
  security.level = model::SecurityLevel::encrypted;
  security.mechanism = "ZRTP";
  session().observer.media_changed("opus/48000", security);
  EXPECT_EQ(agreed(), "opus/48000, encrypted by ZRTP");
}

TEST_F(CallExplainTest, ACallThatIsHeardSaysNothing) {
  talk_out();
  timers.advance(seconds(30));
  EXPECT_EQ(silent_notices(), 0U);
  EXPECT_EQ(explained().findings.front().severity, model::Finding::Severity::info);
}

TEST_F(CallExplainTest, AHeldCallIsListenedToAgainWhenItGoesOn) {
  const model::Call call = talk_out();
  deafen();
  core->offered(wire.last_leg, FakeSession::described(model::Direction::send_only));
  timers.advance(seconds(30));
  EXPECT_EQ(silent_notices(), 0U);
  core->offered(wire.last_leg, FakeSession::described(model::Direction::send_recv));
  timers.advance(seconds(5));
  EXPECT_EQ(silent_notices(), 1U);
}

TEST_F(CallExplainTest, ACallWhoseMediaFindsNoWaySaysSo) {
  const model::Call call = place();
  session().observer.media_usable(false);
  session().observer.traced({model::TraceStep::Kind::path, "ICE_CHECKING", "checking"});
  session().observer.traced(
      {model::TraceStep::Kind::path,
       "RELAY_FAILED",
       "refused",
       {{"server", "192.0.2.9:3478"}, {"protocol", "udp"}, {"reason", "TURN_REFUSED"}}});
  model::SessionDescription answer = FakeSession::described(model::Direction::send_recv);
  model::IceParameters ice;
  ice.ufrag = "user";
  ice.password = base::Secret("a secret of theirs");
  ice.candidates.emplace_back().address = {"192.0.2.77", 4000};
  answer.streams.front().transport.ice = ice;
  core->accepted(wire.last_leg, model::BranchId("b1"), answer);
  EXPECT_EQ(now(call.id).state, model::CallState::connecting);
  timers.advance(seconds(5));
  EXPECT_EQ(silent_notices(), 1U);
  const CallExplained told = explained(call.id.str());
  EXPECT_EQ(told.findings.front().code, "RELAY_REFUSED");
  EXPECT_TRUE(has(told, "THEIR_CANDIDATE"));
  for (const model::TraceStep& step : told.steps) {
    EXPECT_EQ(step.text.find("secret"), std::string::npos) << step.text;
    for (const auto& [key, value] : step.details)
      EXPECT_EQ(value.find("secret"), std::string::npos) << key;
  }
}

TEST_F(CallExplainTest, ItIsKnownHowLongItRang) {
  const model::Call call = place();
  core->progress(wire.last_leg, model::BranchId("b1"), ports::Progress::ringing, {});
  timers.advance(seconds(12));
  ports::LegEnd end{model::EndReason::unavailable, model::EndedBy::network, {480, {}, "Gone"}};
  core->ended(wire.last_leg, end);
  const CallExplained told = explained(call.id.str());
  EXPECT_EQ(told.findings.front().code, "NO_ANSWER");
  EXPECT_NE(told.findings.front().text.find("12 s"), std::string::npos);
}

TEST_F(CallExplainTest, TheEndIsKeptWithTheLog) {
  const model::Call call = talk_out();
  deafen();
  timers.advance(seconds(10));
  ports::LegEnd end;
  end.detail = {200, {}, "tired"};
  core->ended(wire.last_leg, end);
  store.logged_calls = {now(call.id)};
  const CallExplained fresh = explained();
  EXPECT_EQ(fresh.call.id, call.id) << "the last one";
  ASSERT_FALSE(fresh.findings.empty());
  EXPECT_EQ(fresh.findings.front().code, "NOTHING_RECEIVED");
  timers.advance(std::chrono::minutes(5));
  const CallExplained stored = explained(call.id.str());
  EXPECT_EQ(stored.findings, fresh.findings);
  EXPECT_EQ(stored.steps, fresh.steps);
  EXPECT_TRUE(has(stored, "OUR_OFFER"));
  EXPECT_TRUE(has(stored, "THEIR_ANSWER"));
  EXPECT_TRUE(has(stored, "FIRST_SENT"));
  EXPECT_TRUE(has(stored, "CALL_SILENT"));
}

TEST_F(CallExplainTest, ACallFromBeforeThereWereTracesIsExplainedByItsEnd) {
  model::Call old;
  old.id = model::CallId("old");
  old.state = model::CallState::ended;
  old.end_reason = model::EndReason::busy;
  store.logged_calls = {old};
  EXPECT_EQ(explained().findings.front().code, "BUSY");
  EXPECT_TRUE(explained().steps.empty());
}

TEST_F(CallExplainTest, WithoutAnyCallThereIsNothingToExplain) {
  base::Result<CallExplained> result = base::fail(base::Code::internal, "NEVER", "never called");
  core->calls().explain({}, [&](auto told) { result = std::move(told); });
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().reason, "NO_CALL");
}

}  // namespace
}  // namespace commd::core
