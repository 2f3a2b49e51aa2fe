#include "tests/unit/core/core_fixture.h"

namespace commd::core {
namespace {

TEST_F(CallFixture, ALostWayIsLookedForByANewOffer) {
  talk_out();
  session().observer.restart_wanted();
  EXPECT_EQ(wire.count("modify sendrecv"), 1U);
  core->answered(wire.last_leg, fakes::FakeSession::described(model::Direction::send_recv));
  EXPECT_EQ(wire.count("modify sendrecv"), 1U) << "once";
}

TEST_F(CallFixture, ACallWhoseMediaFindsNoWayEnds) {
  const model::Call call = talk_out();
  session().observer.media_usable(false);
  EXPECT_EQ(now(call.id).state, model::CallState::connecting);
  timers.advance(std::chrono::seconds(44));
  EXPECT_EQ(now(call.id).state, model::CallState::connecting);
  timers.advance(std::chrono::seconds(2));
  EXPECT_EQ(now(call.id).end_reason, model::EndReason::media_failed);
}

TEST_F(CallFixture, WhileALostWayIsLookedForPeopleMayStillHold) {
  const model::Call call = talk_out();
  session().observer.media_usable(false);
  ASSERT_EQ(now(call.id).state, model::CallState::connecting);
  core->calls().send_digits(call.id.str(), "5", {},
                            [](auto sent) { EXPECT_FALSE(sent) << "it would be lost"; });
  core->calls().hold(call.id.str(), [](const auto&) {});
  EXPECT_EQ(wire.count("modify sendonly"), 1U);
}

// The far end's own offer came before ours was ready.
TEST_F(CallFixture, ALostWayIsLookedForAfterTheFarEndsOffer) {
  talk_out();
  media.hold_offers = true;
  session().observer.restart_wanted();
  core->offered(wire.last_leg, fakes::FakeSession::described(model::Direction::send_recv));
  media.hold_offers = false;
  EXPECT_EQ(wire.count("answer_offer"), 1U);
  EXPECT_GE(media.waiting_offers.size(), 1U);
  for (const auto& waiting : std::exchange(media.waiting_offers, {})) waiting();
  EXPECT_EQ(wire.count("modify sendrecv"), 1U);
}

TEST_F(CallFixture, ALostWayIsLookedForAgainWhereBothEndsOfferAtOnce) {
  talk_out();
  session().observer.restart_wanted();
  core->modify_refused(wire.last_leg, true, 491);
  session().observer.restart_wanted();
  timers.advance(std::chrono::seconds(5));
  EXPECT_EQ(wire.count("modify sendrecv"), 2U);
}

using fakes::FakeSession;
using model::CallState;
using model::EndReason;

model::SessionDescription holding() { return FakeSession::described(model::Direction::send_only); }
model::SessionDescription talking() { return FakeSession::described(model::Direction::send_recv); }

TEST_F(CallFixture, HoldSilencesAtOnceAndIsTrueWhenThePeerAgrees) {
  const model::Call call = talk_out();
  base::Result<model::Call> held = base::fail(base::Code::internal, "NEVER", "never");
  core->calls().hold(call.id.str(), [&](auto result) { held = std::move(result); });
  EXPECT_EQ(session().transmitting, ports::Transmit::silence);
  EXPECT_EQ(wire.count("modify sendonly"), 1U);
  EXPECT_EQ(now(call.id).state, CallState::active);
  core->answered(wire.last_leg, FakeSession::described(model::Direction::recv_only));
  ASSERT_TRUE(held);
  EXPECT_EQ(now(call.id).state, CallState::held);
  EXPECT_TRUE(now(call.id).held_local);
  core->calls().resume(call.id.str(), [](auto) {});
  core->answered(wire.last_leg, talking());
  EXPECT_EQ(now(call.id).state, CallState::active);
  EXPECT_EQ(session().transmitting, ports::Transmit::live);
}

TEST_F(CallFixture, GlareIsTriedAgainAfterTheOwnersWait) {
  const model::Call call = talk_out();
  core->calls().hold(call.id.str(), [](auto) {});
  core->modify_refused(wire.last_leg, true, 491);
  timers.advance(std::chrono::milliseconds(2000));
  EXPECT_EQ(wire.count("modify sendonly"), 1U);
  timers.advance(std::chrono::milliseconds(2100));
  EXPECT_EQ(wire.count("modify sendonly"), 2U);
  core->answered(wire.last_leg, talking());
  EXPECT_EQ(now(call.id).state, CallState::held);
}

// RFC 4028: the session is offered as it is, also while it is held, and once.
TEST_F(CallFixture, ASessionThatIsDueIsOfferedAgain) {
  const model::Call call = talk_out();
  core->refresh_due(wire.last_leg);
  EXPECT_EQ(wire.count("modify sendrecv"), 1U);
  core->answered(wire.last_leg, talking());
  EXPECT_EQ(now(call.id).state, CallState::active);
  EXPECT_EQ(session().transmitting, ports::Transmit::live);
  core->calls().hold(call.id.str(), [](auto) {});
  core->refresh_due(wire.last_leg);
  EXPECT_EQ(wire.count("modify sendonly"), 1U);
}

TEST_F(CallFixture, ARefusedHoldIsToldAndTheMicrophoneComesBack) {
  const model::Call call = talk_out();
  base::Result<model::Call> held;
  core->calls().hold(call.id.str(), [&](auto result) { held = std::move(result); });
  core->modify_refused(wire.last_leg, false, 488);
  ASSERT_FALSE(held);
  EXPECT_EQ(held.error().reason, "REFUSED_BY_PEER");
  EXPECT_EQ(session().rollbacks, 1);
  EXPECT_EQ(session().transmitting, ports::Transmit::live);
  EXPECT_EQ(now(call.id).state, CallState::active);
}

TEST_F(CallFixture, AHoldThatNobodyAnswersIsToldWhenTheCallEnds) {
  const model::Call call = talk_out();
  base::Result<model::Call> held;
  core->calls().hold(call.id.str(), [&](auto result) { held = std::move(result); });
  core->ended(wire.last_leg, {EndReason::hung_up, model::EndedBy::remote, {}});
  ASSERT_FALSE(held);
  EXPECT_EQ(held.error().reason, "WRONG_STATE");
}

TEST_F(CallFixture, BothSidesMayHold) {
  const model::Call call = talk_out();
  core->offered(wire.last_leg, holding());
  EXPECT_EQ(wire.count("answer_offer"), 1U);
  EXPECT_TRUE(now(call.id).held_remote);
  EXPECT_EQ(now(call.id).state, CallState::held);
  const auto resumed = told([&](auto done) { core->calls().resume(call.id.str(), done); });
  ASSERT_FALSE(resumed);
  EXPECT_EQ(resumed.error().reason, "WRONG_STATE");
  core->calls().hold(call.id.str(), [](auto) {});
  core->answered(wire.last_leg, FakeSession::described(model::Direction::inactive));
  core->offered(wire.last_leg, talking());
  EXPECT_FALSE(now(call.id).held_remote);
  EXPECT_EQ(now(call.id).state, CallState::held);
}

TEST_F(CallFixture, AnOfferThatDoesNotFitIsRefusedAndTheCallGoesOn) {
  const model::Call call = talk_out();
  media.next_error = base::Error{base::Code::failed_precondition, "INCOMPATIBLE_MEDIA", "no", {}};
  core->offered(wire.last_leg, talking());
  EXPECT_EQ(wire.count("refuse_offer"), 1U);
  EXPECT_EQ(now(call.id).state, CallState::active);
}

TEST_F(CallFixture, AnOfferWithoutDescriptionGetsOurs) {
  const model::Call call = talk_out();
  core->offered(wire.last_leg, {});
  EXPECT_EQ(wire.count("answer_offer"), 1U);
  core->confirmed(wire.last_leg, talking());
  EXPECT_EQ(now(call.id).state, CallState::active);
}

// The answer to the peer's offer said what ours was to say.
TEST_F(CallFixture, AnOfferThatCrossedOursIsAnsweredAndOursNotSent) {
  const model::Call call = talk_out();
  media.hold_offers = true;
  const auto held = told([&](auto done) {
    core->calls().hold(call.id.str(), done);
    core->offered(wire.last_leg, talking());
    EXPECT_EQ(session().last_direction, model::Direction::send_only);
    media.hold_offers = false;
    for (const auto& ready : std::exchange(media.waiting_offers, {})) ready();
  });
  ASSERT_TRUE(held) << held.error().message;
  EXPECT_TRUE(held->held_local);
  EXPECT_EQ(wire.count("answer_offer"), 1U);
  EXPECT_EQ(wire.count("modify sendonly"), 0U);
  EXPECT_EQ(now(call.id).state, CallState::held);
}

TEST_F(CallFixture, AfterGlareThePeersOfferMayHaveDoneIt) {
  const model::Call call = talk_out();
  const auto held = told([&](auto done) {
    core->calls().hold(call.id.str(), done);
    core->modify_refused(wire.last_leg, true, 491);
    core->offered(wire.last_leg, talking());
  });
  ASSERT_TRUE(held) << held.error().message;
  timers.advance(std::chrono::seconds(5));
  EXPECT_EQ(wire.count("modify sendonly"), 1U) << "the one that was refused";
  EXPECT_EQ(now(call.id).state, CallState::held);
}

// The answer was under way when the person changed their mind: that is said afterwards.
TEST_F(CallFixture, WhatAnAnswerCouldNotSayIsOfferedAfterIt) {
  const model::Call call = talk_out();
  core->offered(wire.last_leg, {});
  core->calls().hold(call.id.str(), [](auto) {});
  EXPECT_EQ(wire.count("modify sendonly"), 0U);
  core->confirmed(wire.last_leg, talking());
  EXPECT_EQ(wire.count("modify sendonly"), 1U);
}

TEST_F(CallFixture, DigitsGoByRtpElseByInfo) {
  const model::Call call = talk_out();
  core->calls().send_digits(call.id.str(), "12#", {}, [](auto) {});
  EXPECT_EQ(session().sent_digits, "12#");
  session().telephone_events = false;
  core->calls().send_digits(call.id.str(), "7,8", {}, [](auto) {});
  EXPECT_EQ(wire.count("digit 7"), 1U);
  EXPECT_EQ(wire.count("digit 8"), 1U);
  const auto bad =
      told([&](auto done) { core->calls().send_digits(call.id.str(), "x", {}, done); });
  EXPECT_EQ(bad.error().details.at("field"), "digits");
}

TEST_F(CallFixture, ABlindTransferThatSucceedsEndsTheCall) {
  const model::Call call = talk_out();
  core->calls().transfer(call.id.str(), "sip:carol@example.org", [](auto) {});
  EXPECT_EQ(wire.count("transfer sip:carol@example.org"), 1U);
  core->transfer_progress(wire.last_leg,
                          {model::TransferStatus::State::accepted, {}, 180, "Ringing"});
  EXPECT_EQ(now(call.id).transfer.sip_code, 180);
  core->transfer_progress(wire.last_leg, {model::TransferStatus::State::succeeded, {}, 200, "OK"});
  EXPECT_EQ(now(call.id).end_reason, EndReason::transferred);
}

TEST_F(CallFixture, ATransferThatFailsLeavesTheCall) {
  const model::Call call = talk_out();
  core->calls().transfer(call.id.str(), "sip:carol@example.org", [](auto) {});
  core->transfer_progress(wire.last_leg, {model::TransferStatus::State::failed, {}, 486, "Busy"});
  EXPECT_EQ(now(call.id).state, CallState::active);
  EXPECT_EQ(now(call.id).transfer.target, "sip:carol@example.org");
}

// With alice's account as she has set it.
class TransferFixture : public CoreFixture {
 protected:
  void prepare(model::Transfers transfers) {
    start();
    model::AccountSettings settings;
    settings.transfers = transfers;
    add_account("sip:alice@example.org", settings);
  }
  // What the wire and the watchers saw of a REFER in a running call.
  model::Call asked(const std::string& target, const std::string& replaces = {}) {
    const model::Call call = talk_out();
    core->transfer_requested(wire.last_leg, target, replaces, "sip:bob@example.org");
    return now(call.id);
  }
  base::Result<model::Call> accepted(const std::string& reference = {}) {
    return told([&](auto done) { core->calls().accept_transfer(reference, done); });
  }
  base::Result<model::Call> refused(const std::string& reference = {}) {
    return told([&](auto done) { core->calls().refuse_transfer(reference, done); });
  }
};

TEST_F(TransferFixture, NobodyIsCalledBeforeThePersonAgrees) {
  start();
  add_account("sip:alice@example.org");
  const model::Call call = asked("sip:carol@example.org", "c1;to-tag=a;from-tag=b");
  EXPECT_EQ(call.transfer_request.target, "sip:carol@example.org");
  EXPECT_EQ(call.transfer_request.referred_by, "sip:bob@example.org");
  EXPECT_EQ(call.transfer_request.expire_time, clock.wall + std::chrono::seconds(30));
  EXPECT_EQ(wire.count("report 100"), 1U);
  EXPECT_EQ(wire.count("accept_transfer") + wire.count("invite sip:carol@example.org"), 0U);
  const auto agreed = accepted();
  ASSERT_TRUE(agreed) << agreed.error().message;
  EXPECT_TRUE(agreed->transfer_request.target.empty());
  EXPECT_EQ(wire.count("accept_transfer"), 1U);
  EXPECT_EQ(wire.last_invite.target, "sip:carol@example.org");
  EXPECT_EQ(wire.last_invite.replaces, "c1;to-tag=a;from-tag=b");
  EXPECT_EQ(now(agreed->successor).referred_by, "sip:bob@example.org");
  EXPECT_FALSE(accepted()) << "once is enough";
  EXPECT_EQ(wire.count("invite sip:carol@example.org"), 1U);
}

TEST_F(TransferFixture, APersonMayRefuseAndTheCallGoesOn) {
  prepare(model::Transfers::ask);
  const model::Call call = asked("sip:carol@example.org");
  const auto stays = refused(call.id.str());
  ASSERT_TRUE(stays);
  EXPECT_EQ(stays->state, CallState::active);
  EXPECT_TRUE(stays->transfer_request.target.empty());
  EXPECT_EQ(wire.count("refuse_transfer"), 1U);
  EXPECT_EQ(wire.count("invite sip:carol@example.org"), 0U);
  EXPECT_EQ(refused(call.id.str()).error().reason, "WRONG_STATE");
  EXPECT_EQ(refused().error().reason, "NO_CALL");
}

TEST_F(TransferFixture, NobodysAnswerIsARefusal) {
  prepare(model::Transfers::ask);
  const model::Call call = asked("sip:carol@example.org");
  timers.advance(std::chrono::seconds(29));
  EXPECT_EQ(wire.count("refuse_transfer"), 0U);
  timers.advance(std::chrono::seconds(1));
  EXPECT_EQ(wire.count("refuse_transfer"), 1U);
  EXPECT_TRUE(now(call.id).transfer_request.target.empty());
  EXPECT_EQ(now(call.id).state, CallState::active);
}

TEST_F(TransferFixture, ACallThatEndsAsksNoMore) {
  prepare(model::Transfers::ask);
  const model::Call call = asked("sip:carol@example.org");
  core->ended(wire.last_leg, {EndReason::hung_up, model::EndedBy::remote, {}});
  EXPECT_TRUE(now(call.id).transfer_request.target.empty());
  timers.advance(std::chrono::seconds(31));
  EXPECT_EQ(wire.count("refuse_transfer"), 0U);
}

TEST_F(TransferFixture, WhoRefusesAllIsNotAsked) {
  prepare(model::Transfers::refuse);
  EXPECT_TRUE(asked("sip:carol@example.org").transfer_request.target.empty());
  EXPECT_EQ(wire.count("refuse_transfer"), 1U);
}

// Neither ourselves, nor what only this machine reaches, nor what is no address.
TEST_F(TransferFixture, AFarEndLeadsNobodyIntoThisMachine) {
  prepare(model::Transfers::allow);
  const std::vector<std::string> targets = {"sip:echo@localhost",
                                            "sip:echo@127.0.0.1:5060",
                                            "sip:echo@LocalHost.",
                                            "sip:x@127.1.2.3:9",
                                            "sip:x@[::1]",
                                            "sip:x@[::ffff:127.0.0.1]",
                                            "sip:x@0.0.0.0",
                                            "sip:x@[::]:5060",
                                            "sip:x@a.localhost",
                                            "sip:[::1",
                                            "http://example.org",
                                            "xmpp:carol@example.org",
                                            "sip:bob:secret@example.org"};
  talk_out();
  for (size_t i = 0; i < targets.size(); ++i) {
    core->transfer_requested(wire.last_leg, targets[i], {}, {});
    EXPECT_EQ(wire.count("refuse_transfer"), i + 1) << targets[i];
  }
  EXPECT_EQ(wire.count("accept_transfer"), 0U);
}

TEST_F(TransferFixture, OnLoopbackOthersMayBeNamedButNotThisDaemon) {
  prepare(model::Transfers::allow);
  wire.next_route = ports::MediaRoute{"127.0.0.1", "127.0.0.1", true};
  talk_out();
  const model::LegId leg = wire.last_leg;
  core->transfer_requested(leg, "sip:echo@127.0.0.1", {}, {});
  core->transfer_requested(leg, "sip:echo@localhost:7", {}, {});
  EXPECT_EQ(wire.count("refuse_transfer"), 2U);
  core->transfer_requested(leg, "sip:carol@127.0.0.1:5070", {}, {});
  EXPECT_EQ(wire.count("accept_transfer"), 1U);
}

TEST_F(TransferFixture, AnEchoServiceCallsNobody) {
  prepare(model::Transfers::allow);
  ports::IncomingCall call;
  call.account = model::AccountId("sip:alice@example.org");
  call.route = {"192.0.2.1", "192.0.2.2", false};
  call.offer = talking();
  call.service = "echo";
  const model::LegId leg = ring_in(std::move(call));
  core->confirmed(leg, {});
  core->transfer_requested(leg, "sip:carol@example.org", {}, {});
  EXPECT_EQ(wire.count("refuse_transfer"), 1U);
  EXPECT_EQ(wire.count("invite sip:carol@example.org"), 0U);
}

// Who hid, and whose call had to be encrypted, is not shown and not downgraded by it.
TEST_F(TransferFixture, TheNewCallKeepsWhatWasAgreedForTheOldOne) {
  prepare(model::Transfers::allow);
  PlaceCall request;
  request.address = "sip:bob@example.org";
  request.overrides.encryption = model::Encryption::required;
  request.overrides.codecs = {"PCMA"};
  request.overrides.hide_number = true;
  place(request);
  const model::LegId leg = wire.last_leg;
  core->accepted(leg, model::BranchId("b1"), talking());
  core->transfer_requested(leg, "sip:carol@example.org", {}, {});
  EXPECT_TRUE(wire.last_invite.hide_identity);
  EXPECT_EQ(session().config.encryption, model::Encryption::required);
  EXPECT_EQ(session().config.codecs, std::vector<std::string>{"PCMA"});
}

TEST_F(TransferFixture, ThePeersTransferMakesACallOfOursAndReportsIt) {
  prepare(model::Transfers::allow);
  const model::Call call = talk_out();
  const model::LegId old_leg = wire.last_leg;
  core->transfer_requested(old_leg, "sip:carol@example.org", "c1;to-tag=a;from-tag=b",
                           "sip:bob@example.org");
  EXPECT_EQ(wire.count("accept_transfer"), 1U);
  EXPECT_EQ(wire.last_invite.replaces, "c1;to-tag=a;from-tag=b");
  const model::CallId successor = now(call.id).successor;
  EXPECT_EQ(now(successor).remote.address, "sip:carol@example.org");
  EXPECT_EQ(now(successor).referred_by, "sip:bob@example.org");
  core->progress(wire.last_leg, model::BranchId("b"), ports::Progress::ringing, {});
  core->accepted(wire.last_leg, model::BranchId("b"), talking());
  EXPECT_EQ(wire.count("report 180"), 1U);
  EXPECT_EQ(wire.count("report 200"), 1U);
}

TEST_F(TransferFixture, OneTransferOfACallAtATime) {
  prepare(model::Transfers::ask);
  const model::Call call = talk_out();
  const model::LegId leg = wire.last_leg;
  core->transfer_requested(leg, "sip:carol@example.org", {}, {});
  core->transfer_requested(leg, "sip:dave@example.org", {}, {});
  EXPECT_EQ(wire.count("refuse_transfer"), 1U);
  EXPECT_EQ(now(call.id).transfer_request.target, "sip:carol@example.org");
}

TEST_F(CallFixture, ACallThatReplacesAnAnsweredOneIsAnsweredByItself) {
  const model::Call call = talk_out();
  ports::IncomingCall incoming;
  incoming.account = model::AccountId("sip:alice@example.org");
  incoming.remote = {"sip:carol@example.org", {}};
  incoming.route = {"192.0.2.1", "192.0.2.2", false};
  incoming.offer = talking();
  incoming.replaces = wire.last_leg;
  const model::LegId leg = ring_in(std::move(incoming));
  EXPECT_EQ(wire.count("accept"), 1U);
  core->confirmed(leg, {});
  EXPECT_EQ(now(call.id).end_reason, EndReason::transferred);
  EXPECT_EQ(now(call.id).successor, only().id);
  EXPECT_EQ(only().state, CallState::active);
}

TEST_F(CallFixture, VerbsInTheWrongStateSayTheState) {
  const model::Call call = place();
  const auto held = told([&](auto done) { core->calls().hold(call.id.str(), done); });
  ASSERT_FALSE(held);
  EXPECT_EQ(held.error().reason, "WRONG_STATE");
  EXPECT_EQ(held.error().details.at("state"), "dialing");
  const auto none = told([&](auto done) { core->calls().answer("", {}, done); });
  EXPECT_EQ(none.error().reason, "NO_CALL");
  const auto unknown = told([&](auto done) { core->calls().hang_up("nosuch", done); });
  EXPECT_EQ(unknown.error().code, base::Code::not_found);
}

TEST_F(CallFixture, AnEmptyReferenceOfSeveralCallsNamesThem) {
  place();
  place();
  const auto result = told([&](auto done) { core->calls().hang_up("", done); });
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().reason, "AMBIGUOUS");
}

TEST_F(CallFixture, ShutDownEndsEveryCall) {
  const model::Call call = talk_out();
  bool done = false;
  core->shut_down([&] { done = true; });
  EXPECT_TRUE(done);
  EXPECT_EQ(now(call.id).end_reason, EndReason::daemon_stopped);
}

}  // namespace
}  // namespace commd::core
