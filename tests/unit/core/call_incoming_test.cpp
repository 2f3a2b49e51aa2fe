#include "tests/unit/core/core_fixture.h"

namespace commd::core {
namespace {

using fakes::FakeSession;
using model::CallState;
using model::EndReason;

TEST_F(CallFixture, RingsOnlyAfterTheCallIsInTheLog) {
  store.hold = true;
  ring_in();
  EXPECT_EQ(wire.count("ring"), 0U);
  store.flush();
  EXPECT_EQ(wire.count("ring"), 1U);
}

TEST_F(CallFixture, NothingOfMediaIsOpenedBeforeTheAnswer) {
  const model::LegId leg = ring_in();
  EXPECT_TRUE(media.sessions.empty());
  EXPECT_EQ(media.alerts_playing, 1);
  const auto answered = told([&](auto done) { core->calls().answer("", {}, done); });
  ASSERT_TRUE(answered);
  EXPECT_EQ(wire.count("accept"), 1U);
  EXPECT_EQ(media.alerts_playing, 0);
  EXPECT_EQ(only().state, CallState::connecting);
  core->confirmed(leg, {});
  EXPECT_EQ(only().state, CallState::active);
  EXPECT_EQ(session().transmitting, ports::Transmit::live);
}

TEST_F(CallFixture, AnAnsweredOneIsConnectingUntilPacketsCanGo) {
  const model::LegId leg = ring_in();
  core->calls().answer("", {}, [](auto) {});
  session().observer.media_usable(false);
  core->confirmed(leg, {});
  EXPECT_EQ(only().state, CallState::connecting);
  session().observer.media_usable(true);
  EXPECT_EQ(only().state, CallState::active);
}

TEST_F(CoreFixture, AnAnswerDoesNotWaitForASlowResolver) {
  start();
  model::AccountSettings settings;
  settings.ice = model::Toggle::on;
  add_account("sip:alice@example.org", settings);
  std::function<void(ports::RelayAccess::Servers)> late;
  core->calls().set_ice_servers([&](const model::AccountId&, const auto& done) { late = done; });
  ring_in();
  core->calls().answer("", {}, [](auto) {});
  EXPECT_EQ(wire.count("accept"), 0U);
  timers.advance(std::chrono::seconds(2));
  EXPECT_EQ(wire.count("accept"), 1U);
  late({model::IceServer{}});
  EXPECT_EQ(wire.count("accept"), 1U) << "once";
}

TEST_F(CallFixture, ADelayedOfferIsAnsweredWithOurs) {
  const model::LegId leg = ring_in(false);
  core->calls().answer("", {}, [](auto) {});
  EXPECT_EQ(session().transmitting, ports::Transmit::silence);
  core->confirmed(leg, FakeSession::described(model::Direction::send_recv));
  EXPECT_EQ(only().state, CallState::active);
  EXPECT_EQ(session().transmitting, ports::Transmit::live);
}

TEST_F(CallFixture, ADelayedOfferWithoutAnAnswerInTheAckEnds) {
  const model::LegId leg = ring_in(false);
  core->calls().answer("", {}, [](auto) {});
  const model::CallId id = only().id;
  core->confirmed(leg, {});
  EXPECT_EQ(now(id).end_reason, EndReason::protocol_error);
  EXPECT_EQ(wire.count("hang_up"), 1U);
}

// Who was asked before there was an offer (XEP-0353) gets it after the answer.
TEST_F(CallFixture, TheCallersOfferMayComeAfterTheAnswer) {
  ports::IncomingCall proposal;
  proposal.account = model::AccountId("sip:alice@example.org");
  proposal.remote = {"sip:bob@example.org", "Bob"};
  proposal.route.local_ip = "192.0.2.1";
  proposal.offer_follows = true;
  const model::LegId leg = ring_in(std::move(proposal));
  core->calls().answer("", {}, [](auto) {});
  EXPECT_EQ(wire.count("accept"), 1U);
  EXPECT_EQ(session().last_direction, model::Direction::inactive) << "nothing is offered by us";
  const model::CallId id = only().id;
  core->offered(leg, FakeSession::described(model::Direction::send_recv));
  EXPECT_EQ(wire.count("answer_offer"), 1U);
  EXPECT_EQ(session().transmitting, ports::Transmit::live);
  core->confirmed(leg, {});
  EXPECT_EQ(now(id).state, CallState::active);
  EXPECT_EQ(wire.count("hang_up"), 0U);
}

// What trickles while it rings is used by the answer; afterwards it goes to the media.
TEST_F(CallFixture, MoreOfTheCallersTransportIsKeptForTheAnswer) {
  ports::IncomingCall call;
  call.account = model::AccountId("sip:alice@example.org");
  call.remote = {"sip:bob@example.org", "Bob"};
  call.route.local_ip = "192.0.2.1";
  call.offer = FakeSession::described(model::Direction::send_recv);
  call.offer->streams[0].transport.ice.emplace().ufrag = "abcd";
  const model::LegId leg = ring_in(std::move(call));
  model::TransportDescription news;
  news.ice.emplace().ufrag = "abcd";
  news.ice->candidates.resize(2);
  core->transport(leg, 0, news);
  core->transport(leg, 7, news);  // of no stream
  EXPECT_TRUE(media.sessions.empty()) << "nothing is done with it yet";
  core->calls().answer("", {}, [](auto) {});
  ASSERT_EQ(session().answered_offers.size(), 1U);
  EXPECT_EQ(session().answered_offers[0].streams[0].transport.ice->candidates.size(), 2U);
  core->transport(leg, 0, news);
  EXPECT_EQ(session().remote_news.size(), 1U);
}

TEST_F(CallFixture, WhoAnswersACallThatEndsMeanwhileIsTold) {
  const model::LegId leg = ring_in();
  media.hold_answers = true;
  std::optional<base::Result<model::Call>> answered;
  core->calls().answer("", {}, [&](auto result) { answered = std::move(result); });
  EXPECT_FALSE(answered) << "its answer is being made";
  core->ended(leg, {EndReason::cancelled, model::EndedBy::remote, {}});
  ASSERT_TRUE(answered);
  EXPECT_EQ(answered->error().reason, "WRONG_STATE");
}

TEST_F(CallFixture, ACancelledCallIsMissedOneAnsweredElsewhereIsNot) {
  const model::LegId first = ring_in();
  const model::CallId missed = only().id;
  core->ended(first, {EndReason::cancelled, model::EndedBy::remote, {}});
  EXPECT_TRUE(now(missed).missed);
  const model::LegId second = ring_in();
  const model::CallId elsewhere = only().id;
  core->ended(second, {EndReason::answered_elsewhere, model::EndedBy::remote, {}});
  EXPECT_FALSE(now(elsewhere).missed);
}

TEST_F(CallFixture, ARejectedCallIsNotMissed) {
  ring_in();
  const model::CallId id = only().id;
  core->calls().reject("", CallBook::Rejection::busy, [](auto) {});
  EXPECT_EQ(wire.last_refusal, ports::Refusal::busy);
  EXPECT_EQ(now(id).end_reason, EndReason::busy);
  EXPECT_FALSE(now(id).missed);
}

TEST_F(CallFixture, RingingEndsAfterItsTimeAndIsMissed) {
  ring_in();
  const model::CallId id = only().id;
  timers.advance(std::chrono::seconds(61));
  EXPECT_EQ(wire.last_refusal, ports::Refusal::unavailable);
  EXPECT_EQ(now(id).end_reason, EndReason::no_answer);
  EXPECT_TRUE(now(id).missed);
}

TEST_F(CallFixture, MediaThatDoesNotFitIsRefusedBeforeItRings) {
  media.acceptance = base::fail(base::Code::failed_precondition, "INCOMPATIBLE_MEDIA", "no codec");
  ring_in();
  EXPECT_EQ(wire.last_refusal, ports::Refusal::incompatible_media);
  media.acceptance = base::fail(base::Code::failed_precondition, "ENCRYPTION_REQUIRED", "clear");
  ring_in();
  EXPECT_EQ(wire.last_refusal, ports::Refusal::encryption_required);
  EXPECT_EQ(wire.count("ring"), 0U);
  EXPECT_EQ(core->calls().live_count(), 0U);
}

TEST_F(CallFixture, AnOfferIsJudgedWithTheAddressItWouldBeAnsweredFrom) {
  ring_in();
  EXPECT_EQ(media.asked_with.local_ip, "192.0.2.1");
  EXPECT_EQ(media.asked_with.signalling_peer_ip, "192.0.2.2");
}

TEST_F(CallFixture, MediaThatFailsAtTheAnswerRefusesTheCallAndTellsTheClient) {
  ring_in();
  const model::CallId id = only().id;
  media.next_error =
      base::Error{base::Code::resource_exhausted, "NO_PORTS", "no RTP port is free", {}};
  const auto answered = told([&](auto done) { core->calls().answer("", {}, done); });
  ASSERT_FALSE(answered);
  EXPECT_EQ(answered.error().reason, "NO_PORTS");
  EXPECT_EQ(now(id).end_reason, EndReason::media_failed);
}

TEST_F(CallFixture, ASecondCallWaitsWhileOneIsActive) {
  talk_out();
  timers.advance(std::chrono::seconds(1));
  ring_in();
  EXPECT_TRUE(core->calls().live().back().waiting);
  EXPECT_EQ(media.last_alert, ports::MediaEngine::Alert::call_waiting);
}

class PolicyTest : public CoreFixture {
 protected:
  static CoreSettings limits(unsigned calls, unsigned ringing, unsigned rate) {
    CoreSettings settings;
    settings.max_calls = calls;
    settings.max_ringing = ringing;
    settings.per_source_rate = rate;
    return settings;
  }
  void begin(model::AccountSettings settings, CoreSettings core_settings = {}) {
    start(core_settings);
    add_account("sip:alice@example.org", std::move(settings));
  }
};

// Running calls are not touched; what is wrong is told once, until it has passed.
TEST_F(PolicyTest, WithoutTimeForItsSoundNoCallBegins) {
  begin({});
  const model::Call running = talk_out();
  media.room = base::fail(base::Code::resource_exhausted, "MEDIA_OVERLOADED", "no time");
  const auto notices = [&] {
    return std::ranges::count_if(encoder.events, [](const model::Event& event) {
      const auto* notice = std::get_if<model::Notice>(&event.body);
      return notice && notice->reason == "MEDIA_OVERLOADED";
    });
  };
  for (int i = 0; i < 3; ++i) {
    ring_in();
    EXPECT_EQ(wire.last_refusal, ports::Refusal::overload);
  }
  PlaceCall request;
  request.address = "sip:bob@example.org";
  const auto placed = told([&](auto done) { core->calls().place(request, done); });
  ASSERT_FALSE(placed);
  EXPECT_EQ(placed.error().code, base::Code::resource_exhausted);
  EXPECT_EQ(placed.error().reason, "MEDIA_OVERLOADED");
  EXPECT_EQ(notices(), 1);
  EXPECT_EQ(core->problems(), std::vector<std::string>{"no time"});
  EXPECT_EQ(now(running.id).state, CallState::active);
  media.room = {};
  wire.last_refusal.reset();
  ring_in();
  EXPECT_FALSE(wire.last_refusal);
  EXPECT_TRUE(core->problems().empty());
}

TEST_F(PolicyTest, DoNotDisturbIsBusy) {
  model::AccountSettings settings;
  settings.do_not_disturb = true;
  begin(settings);
  ring_in();
  EXPECT_EQ(wire.last_refusal, ports::Refusal::busy);
}

TEST_F(PolicyTest, WithoutCallWaitingASecondCallIsBusy) {
  model::AccountSettings settings;
  settings.call_waiting = false;
  begin(settings);
  ring_in();
  EXPECT_EQ(wire.count("ring"), 1U);
  talk_out();
  ring_in();
  EXPECT_EQ(wire.last_refusal, ports::Refusal::busy);
}

TEST_F(PolicyTest, CallsAreSentOnAlwaysWhenBusyAndWhenNobodyAnswers) {
  model::AccountSettings settings;
  settings.forward_busy = "sip:desk@example.org";
  settings.forward_no_answer = "sip:mailbox@example.org";
  begin(settings);
  ring_in();
  timers.advance(std::chrono::seconds(61));
  EXPECT_EQ(wire.count("redirect sip:mailbox@example.org"), 1U);
  talk_out();
  ring_in();
  EXPECT_EQ(wire.count("redirect sip:desk@example.org"), 1U);
}

TEST_F(PolicyTest, AlwaysForwardNeverRings) {
  model::AccountSettings settings;
  settings.forward_always = "sip:away@example.org";
  begin(settings);
  ring_in();
  EXPECT_EQ(wire.count("redirect sip:away@example.org"), 1U);
  EXPECT_EQ(wire.count("ring"), 0U);
}

TEST_F(PolicyTest, AFloodIsShedAndOtherSourcesAreNot) {
  begin({}, limits(200, 1000, 5));
  for (int i = 0; i < 50; ++i) ring_in(true, "198.51.100.7");
  EXPECT_EQ(core->calls().live_count(), 10U);
  EXPECT_EQ(wire.last_refusal, ports::Refusal::overload);
  ring_in(true, "192.0.2.2");
  EXPECT_EQ(core->calls().live_count(), 11U);
}

// Callers of XMPP have no address but their name.
TEST_F(PolicyTest, SourcesWithoutAnAddressAreToldApartByTheirNames) {
  begin({}, limits(200, 1000, 5));
  ports::IncomingCall call;
  call.account = model::AccountId("sip:alice@example.org");
  call.remote = {"xmpp:eve@example.org", ""};
  for (int i = 0; i < 50; ++i) ring_in(call);
  EXPECT_EQ(core->calls().live_count(), 10U);
  call.remote.address = "xmpp:bob@example.org";
  ring_in(call);
  EXPECT_EQ(core->calls().live_count(), 11U);
}

TEST_F(PolicyTest, TooManyRingingCallsAreBusyAndRunningOnesUnharmed) {
  begin({}, limits(200, 3, 0));
  const model::Call running = talk_out();
  for (int i = 0; i < 10; ++i) ring_in();
  EXPECT_EQ(wire.count("ring"), 3U);
  EXPECT_EQ(wire.last_refusal, ports::Refusal::device_busy) << "it is not the person's word";
  EXPECT_EQ(now(running.id).state, CallState::active);
}

TEST_F(CallFixture, TheEchoServiceAnswersAtOnceAndIsListedNowhere) {
  ports::IncomingCall call;
  call.account = model::AccountId("local");
  call.route = {"127.0.0.1", "127.0.0.1", true};
  call.offer = FakeSession::described(model::Direction::send_recv);
  call.service = "echo";
  ring_in(std::move(call));
  EXPECT_EQ(wire.count("accept"), 1U);
  EXPECT_TRUE(core->calls().live().empty());
  EXPECT_TRUE(store.all<ports::PutCall>().empty());
  EXPECT_EQ(session().config.capture.kind, model::AudioSource::Kind::echo);
}

TEST_F(CoreFixture, CallsOfADeadDaemonComeBackEnded) {
  model::Call call;
  call.id = model::CallId("old");
  call.direction = model::CallDirection::incoming;
  call.state = CallState::ringing;
  store.state.unended_calls = {call};
  start();
  const auto put = store.all<ports::PutCall>();
  ASSERT_EQ(put.size(), 1U);
  EXPECT_EQ(put[0].call.end_reason, EndReason::daemon_restarted);
  EXPECT_TRUE(put[0].call.missed);
}

}  // namespace
}  // namespace commd::core
