// A call whose far end sends nothing any more, or something less protected.
#include "tests/unit/core/core_fixture.h"

namespace commd::core {
namespace {

using fakes::FakeSession;
using model::CallState;
using model::EndReason;

std::vector<std::string> notices(const fakes::FakeEncoder& encoder, const model::CallId& call) {
  std::vector<std::string> reasons;
  for (const model::Event& event : encoder.events)
    if (const auto* notice = std::get_if<model::Notice>(&event.body))
      if (notice->subject == call.str()) reasons.push_back(notice->reason);
  return reasons;
}

TEST_F(CallFixture, ALostFarEndIsToldAndEndsTheCallInTime) {
  const model::Call call = talk_out();
  session().observer.media_lost(true);
  EXPECT_EQ(notices(encoder, call.id), std::vector<std::string>{"MEDIA_LOST"});
  timers.advance(std::chrono::seconds(300) - ports::media_silence - std::chrono::seconds(1));
  EXPECT_EQ(now(call.id).state, CallState::active);
  timers.advance(std::chrono::seconds(1));
  EXPECT_EQ(now(call.id).state, CallState::ended);
  EXPECT_EQ(now(call.id).end_reason, EndReason::media_lost);
  EXPECT_EQ(now(call.id).ended_by, model::EndedBy::daemon);
  EXPECT_EQ(wire.count("hang_up"), 1U) << "the far end is told, should it live";
}

TEST_F(CallFixture, AFarEndThatComesBackKeepsTheCall) {
  const model::Call call = talk_out();
  session().observer.media_lost(true);
  timers.advance(std::chrono::minutes(4));
  session().observer.media_lost(false);
  EXPECT_EQ(notices(encoder, call.id), (std::vector<std::string>{"MEDIA_LOST", "MEDIA_RECOVERED"}));
  timers.advance(std::chrono::hours(1));
  EXPECT_EQ(now(call.id).state, CallState::active);
}

TEST_F(CallFixture, AHoldShowsThatTheFarEndLives) {
  const model::Call call = talk_out();
  session().observer.media_lost(true);
  timers.advance(std::chrono::minutes(2));
  core->offered(wire.last_leg, FakeSession::described(model::Direction::send_only));
  EXPECT_EQ(now(call.id).state, CallState::held);
  timers.advance(std::chrono::hours(1));
  EXPECT_EQ(now(call.id).state, CallState::held);
}

TEST_F(CallFixture, TheSettingDecidesHowLongItIsWaitedFor) {
  CoreSettings settings;
  settings.media_lost_ends_call = std::chrono::seconds(60);
  core->calls().set_settings(settings);
  const model::Call call = talk_out();
  session().observer.media_lost(true);
  timers.advance(std::chrono::seconds(29));
  EXPECT_EQ(now(call.id).state, CallState::active);
  timers.advance(std::chrono::seconds(1));
  EXPECT_EQ(now(call.id).state, CallState::ended);
}

TEST_F(CallFixture, ZeroKeepsTheCallForEver) {
  CoreSettings settings;
  settings.media_lost_ends_call = std::chrono::seconds(0);
  core->calls().set_settings(settings);
  const model::Call call = talk_out();
  session().observer.media_lost(true);
  EXPECT_EQ(notices(encoder, call.id), std::vector<std::string>{"MEDIA_LOST"});
  timers.advance(std::chrono::hours(24));
  EXPECT_EQ(now(call.id).state, CallState::active);
}

TEST_F(CallFixture, TheEchoOfALostCallerEndsWithoutANotice) {
  ports::IncomingCall incoming;
  incoming.account = model::AccountId("local");
  incoming.service = "echo";
  incoming.route = {"127.0.0.1", "127.0.0.1", true};
  incoming.offer = FakeSession::described(model::Direction::send_recv);
  ring_in(std::move(incoming));
  ASSERT_EQ(media.sessions.size(), 1U);
  session().observer.media_lost(true);
  timers.advance(std::chrono::minutes(5));
  EXPECT_EQ(wire.count("hang_up"), 1U);
  for (const model::Event& event : encoder.events)
    EXPECT_FALSE(std::holds_alternative<model::Notice>(event.body));
}

const base::Error less_protection{
    base::Code::failed_precondition, "ENCRYPTION_REQUIRED", "less", {{"cause", "downgrade"}}};

TEST_F(CallFixture, AnOfferOfLessProtectionIsRefusedAndToldOnce) {
  const model::Call call = talk_out();
  for (int i = 0; i < 2; ++i) {
    media.next_error = less_protection;
    core->offered(wire.last_leg, FakeSession::described(model::Direction::send_recv));
  }
  EXPECT_EQ(wire.count("refuse_offer"), 2U);
  EXPECT_EQ(wire.last_refusal, ports::Refusal::encryption_required);
  EXPECT_EQ(now(call.id).state, CallState::active);
  EXPECT_EQ(notices(encoder, call.id), std::vector<std::string>{"DOWNGRADE_REFUSED"});
}

TEST_F(CallFixture, AnAnswerOfLessProtectionEndsTheCall) {
  const model::Call call = talk_out();
  core->calls().hold(call.id.str(), [](auto) {});
  session().apply_error = less_protection;
  core->answered(wire.last_leg, FakeSession::described(model::Direction::recv_only));
  EXPECT_EQ(now(call.id).end_reason, EndReason::encryption_required);
  EXPECT_EQ(wire.count("hang_up"), 1U);
}

TEST_F(CallFixture, ACallIsNeverLessProtectedInSilence) {
  const model::Call call = talk_out();
  const model::CallSecurity encrypted{model::SecurityLevel::encrypted, "sdes", "suite"};
  session().observer.media_changed("opus/48000", encrypted);
  session().observer.media_changed("PCMU/8000", encrypted);
  EXPECT_EQ(notices(encoder, call.id), std::vector<std::string>{});
  session().observer.media_changed("PCMU/8000", {});
  EXPECT_EQ(now(call.id).security.level, model::SecurityLevel::none);
  EXPECT_EQ(notices(encoder, call.id), std::vector<std::string>{"SECURITY_LOWERED"});
}

}  // namespace
}  // namespace commd::core
