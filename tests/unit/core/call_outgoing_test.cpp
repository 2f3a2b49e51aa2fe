#include "tests/unit/core/core_fixture.h"

namespace commd::core {
namespace {

using fakes::FakeSession;
using model::CallState;
using model::EndReason;

TEST_F(CallFixture, AnInviteLeavesOnlyAfterTheCallIsInTheLog) {
  store.hold = true;
  model::CallId id;
  core->calls().place({.address = "sip:bob@example.org",
                       .account = {},
                       .capture = {},
                       .playback = {},
                       .owned = false,
                       .request_id = {},
                       .overrides = {}},
                      [&](base::Result<model::Call> call) { id = call->id; });
  EXPECT_TRUE(id.empty());
  EXPECT_EQ(wire.count("invite sip:bob@example.org"), 0U);
  store.flush();
  EXPECT_FALSE(id.empty());
  EXPECT_EQ(wire.count("invite sip:bob@example.org"), 1U);
}

TEST_F(CallFixture, RingsThenTalksThenIsHungUpByTheOther) {
  const model::Call call = place();
  EXPECT_EQ(now(call.id).state, CallState::dialing);
  core->progress(wire.last_leg, model::BranchId("b1"), ports::Progress::ringing, {});
  EXPECT_EQ(now(call.id).state, CallState::ringing);
  EXPECT_EQ(media.alerts_playing, 1);
  core->accepted(wire.last_leg, model::BranchId("b1"),
                 FakeSession::described(model::Direction::send_recv));
  EXPECT_EQ(now(call.id).state, CallState::active);
  EXPECT_EQ(media.alerts_playing, 0);
  EXPECT_EQ(session().transmitting, ports::Transmit::live);
  core->ended(wire.last_leg, {EndReason::hung_up, model::EndedBy::remote, {}});
  EXPECT_EQ(now(call.id).state, CallState::ended);
  EXPECT_EQ(now(call.id).ended_by, model::EndedBy::remote);
  EXPECT_FALSE(now(call.id).missed);
}

TEST_F(CallFixture, IsConnectingUntilPacketsCanGo) {
  const model::Call call = place();
  session().observer.media_usable(false);
  EXPECT_EQ(now(call.id).state, CallState::dialing) << "nobody has answered yet";
  core->accepted(wire.last_leg, model::BranchId("b1"),
                 FakeSession::described(model::Direction::send_recv));
  EXPECT_EQ(now(call.id).state, CallState::connecting);
  session().observer.media_usable(true);
  EXPECT_EQ(now(call.id).state, CallState::active);
  // Its keys are agreed on anew, with somebody else.
  session().observer.media_usable(false);
  EXPECT_EQ(now(call.id).state, CallState::connecting);
  session().observer.media_usable(true);
  core->calls().hold(call.id.str(), [](auto) {});
  core->answered(wire.last_leg, FakeSession::described(model::Direction::recv_only));
  ASSERT_EQ(now(call.id).state, CallState::held);
  session().observer.media_usable(false);
  EXPECT_EQ(now(call.id).state, CallState::connecting) << "on hold as well";
  session().observer.media_usable(true);
  EXPECT_EQ(now(call.id).state, CallState::held);
}

TEST_F(CallFixture, OffersWhatItsAccountProvesItselfWith) {
  place();
  ASSERT_NE(session().config.identity, nullptr);
  EXPECT_EQ(session().config.identity->pem().reveal(), "made 1");
}

TEST_F(CallFixture, OnlySilenceIsSentBeforeTheAnswerUnlessEarlySendIsOn) {
  place();
  core->progress(wire.last_leg, model::BranchId("b1"), ports::Progress::early_media,
                 FakeSession::described(model::Direction::send_recv));
  EXPECT_EQ(session().transmitting, ports::Transmit::silence);

  PlaceCall eager;
  eager.address = "sip:bob@example.org";
  eager.overrides.early_send = true;
  place(std::move(eager));
  core->progress(wire.last_leg, model::BranchId("b1"), ports::Progress::early_media,
                 FakeSession::described(model::Direction::send_recv));
  EXPECT_EQ(session().transmitting, ports::Transmit::live);
}

TEST_F(CallFixture, EarlyMediaStopsOurRingback) {
  const model::Call call = place();
  core->progress(wire.last_leg, model::BranchId("b1"), ports::Progress::ringing,
                 FakeSession::described(model::Direction::send_recv));
  EXPECT_EQ(media.alerts_playing, 1);
  session().observer.media_flowing(model::BranchId("b1"));
  EXPECT_EQ(media.alerts_playing, 0);
  EXPECT_EQ(now(call.id).state, CallState::early);
}

TEST_F(CallFixture, ForkedBranchesKeepTheirAnswersAndTheFirstAcceptanceDecides) {
  const model::Call call = place();
  for (const char* branch : {"b1", "b2"})
    core->progress(wire.last_leg, model::BranchId(branch), ports::Progress::early_media,
                   FakeSession::described(model::Direction::send_recv));
  core->accepted(wire.last_leg, model::BranchId("b2"), {});
  EXPECT_EQ(session().applied, (std::vector<std::string>{"b1", "b2"}));
  EXPECT_EQ(session().chosen, "b2");
  EXPECT_EQ(now(call.id).state, CallState::active);
}

TEST_F(CallFixture, AnAnswerThatDoesNotFitEndsTheCallAndTheWire) {
  const model::Call call = place();
  session().apply_error =
      base::Error{base::Code::failed_precondition, "INCOMPATIBLE_MEDIA", "no codec", {}};
  core->accepted(wire.last_leg, model::BranchId("b1"),
                 FakeSession::described(model::Direction::send_recv));
  EXPECT_EQ(now(call.id).end_reason, EndReason::incompatible_media);
  EXPECT_EQ(wire.count("hang_up"), 1U);
}

TEST_F(CallFixture, AnEarlyAnswerThatDoesNotFitIsNotTheEnd) {
  const model::Call call = place();
  session().apply_error =
      base::Error{base::Code::failed_precondition, "INCOMPATIBLE_MEDIA", "no codec", {}};
  core->progress(wire.last_leg, model::BranchId("b1"), ports::Progress::early_media,
                 FakeSession::described(model::Direction::send_recv));
  EXPECT_TRUE(model::is_live(now(call.id)));
}

TEST_F(CallFixture, ARouteThatCannotBeFoundIsTold) {
  wire.next_route = base::fail(base::Code::unavailable, "DNS_FAILED", "example.org has no address");
  const model::Call call = place();
  EXPECT_EQ(now(call.id).end_reason, EndReason::unreachable);
  EXPECT_EQ(now(call.id).end_detail.text, "example.org has no address");
  EXPECT_TRUE(wire.said.end() == std::find(wire.said.begin(), wire.said.end(), "hang_up"));
}

TEST_F(CallFixture, HangingUpBeforeTheAnswerCancels) {
  const model::Call call = place();
  core->calls().hang_up(call.id.str(), [](auto) {});
  EXPECT_EQ(now(call.id).end_reason, EndReason::cancelled);
  EXPECT_EQ(now(call.id).ended_by, model::EndedBy::local);
  // What the wire says later changes nothing.
  core->accepted(wire.last_leg, model::BranchId("b1"),
                 FakeSession::described(model::Direction::send_recv));
  EXPECT_EQ(now(call.id).end_reason, EndReason::cancelled);
}

TEST_F(CallFixture, AnOwnedCallEndsWithItsClient) {
  PlaceCall request;
  request.address = "sip:bob@example.org";
  request.owned = true;
  const model::Call first = place(request);
  timers.advance(std::chrono::seconds(9));
  EXPECT_TRUE(model::is_live(now(first.id)));
  timers.advance(std::chrono::seconds(2));
  EXPECT_EQ(now(first.id).end_reason, EndReason::client_gone);

  const model::Call second = place(request);
  ASSERT_TRUE(core->calls().attach(second.id.str()));
  timers.advance(std::chrono::seconds(30));
  EXPECT_TRUE(model::is_live(now(second.id)));
  core->calls().detach(second.id);
  timers.advance(std::chrono::seconds(6));
  EXPECT_EQ(now(second.id).end_reason, EndReason::client_gone);
}

TEST_F(CallFixture, TheSameRequestIdPlacesOneCall) {
  PlaceCall request;
  request.address = "sip:bob@example.org";
  request.request_id = "r1";
  EXPECT_EQ(place(request).id, place(request).id);
  EXPECT_EQ(wire.count("invite sip:bob@example.org"), 1U);
}

TEST_F(CallFixture, StatisticsStayForAMinuteAfterTheEnd) {
  const model::Call call = talk_out();
  core->calls().hang_up(call.id.str(), [](auto) {});
  EXPECT_TRUE(media.sessions.empty());
  base::Result<std::vector<CallStatsOf>> stats;
  core->calls().stats(call.id.str(), [&](auto result) { stats = std::move(result); });
  ASSERT_TRUE(stats);
  EXPECT_EQ(stats->front().stats.received.packets, 42U);
  timers.advance(std::chrono::seconds(61));
  core->calls().stats(call.id.str(), [&](auto result) { stats = std::move(result); });
  EXPECT_FALSE(stats);
}

TEST_F(CallFixture, OverridesOfACallWinOverItsAccount) {
  PlaceCall request;
  request.address = "sip:bob@example.org";
  request.overrides.codecs = {"PCMA"};
  request.overrides.encryption = model::Encryption::required;
  place(request);
  EXPECT_EQ(session().config.codecs, std::vector<std::string>{"PCMA"});
  EXPECT_EQ(session().config.encryption, model::Encryption::required);
}

}  // namespace
}  // namespace commd::core
