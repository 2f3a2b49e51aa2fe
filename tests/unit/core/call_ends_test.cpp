// The ends of a call's audio: what a client names is tried first, what the configuration
// names fails softly, and alerts go where they belong.
#include "tests/unit/core/core_fixture.h"

namespace commd::core {
namespace {

using model::CallState;
using End = ports::MediaObserver::End;

model::AudioSource file_source(const std::string& path) {
  return {model::AudioSource::Kind::file, 0, path, false};
}
model::AudioSink file_sink(const std::string& path) { return {model::AudioSink::Kind::file, path}; }
model::AudioSink device(const std::string& name) { return {model::AudioSink::Kind::device, name}; }

const base::Error no_file{
    base::Code::not_found, "FILE_NOT_FOUND", "capture: no such file", {{"field", "capture"}}};

class EndsTest : public CallFixture {
 protected:
  PlaceCall request_with(const model::AudioSource& source) {
    PlaceCall request;
    request.address = "sip:bob@example.org";
    request.capture = source;
    return request;
  }
  base::Result<model::Call> try_placing(PlaceCall request) {
    return told([&](CallBook::Done done) { core->calls().place(std::move(request), done); });
  }
  bool noticed(const std::string& reason, const std::string& subject) const {
    return std::ranges::any_of(encoder.events, [&](const model::Event& event) {
      const auto* notice = std::get_if<model::Notice>(&event.body);
      return notice && notice->reason == reason && notice->subject == subject;
    });
  }
};

TEST_F(EndsTest, ACallWithABadFileIsNotPlaced) {
  media.usable = base::fail(no_file);
  const auto placed = try_placing(request_with(file_source("/x.wav")));
  ASSERT_FALSE(placed);
  EXPECT_EQ(placed.error().reason, "FILE_NOT_FOUND");
  EXPECT_EQ(media.checked.front(), std::pair(std::string("file:/x.wav"), std::string("default")));
  EXPECT_TRUE(core->calls().live().empty());
  EXPECT_TRUE(store.all<ports::PutCall>().empty());
  EXPECT_EQ(wire.count("invite sip:bob@example.org"), 0U);
}

TEST_F(EndsTest, NothingIsTriedForDefaultsAndTones) {
  media.usable = base::fail(no_file);
  place();
  place(request_with({model::AudioSource::Kind::tone, 440, "", false}));
  place(request_with({}));
  EXPECT_TRUE(media.checked.empty());
  EXPECT_EQ(wire.count("invite sip:bob@example.org"), 3U);
}

TEST_F(EndsTest, ADiskThatHangsKeepsNobodyFromCalling) {
  media.hold_checks = true;
  model::Call placed;
  core->calls().place(request_with(file_source("/x.wav")),
                      [&](base::Result<model::Call> call) { placed = *call; });
  EXPECT_EQ(wire.count("invite sip:bob@example.org"), 0U);
  timers.advance(std::chrono::seconds(2));
  EXPECT_EQ(wire.count("invite sip:bob@example.org"), 1U);
  // The answer that comes too late changes nothing.
  media.usable = base::fail(no_file);
  media.waiting_checks.front()();
  EXPECT_EQ(now(placed.id).state, CallState::dialing);
  EXPECT_EQ(wire.count("invite sip:bob@example.org"), 1U);
}

TEST_F(EndsTest, TwoRequestsOfOneIdWhileTheFileIsTriedAreOneCall) {
  media.hold_checks = true;
  PlaceCall request = request_with(file_source("/x.wav"));
  request.request_id = "one";
  std::vector<model::Call> placed;
  for (int i = 0; i < 2; ++i)
    core->calls().place(request, [&](base::Result<model::Call> call) { placed.push_back(*call); });
  for (const auto& answer : media.waiting_checks) answer();
  ASSERT_EQ(placed.size(), 2U);
  EXPECT_EQ(placed[0].id, placed[1].id);
  EXPECT_EQ(wire.count("invite sip:bob@example.org"), 1U);
}

TEST_F(EndsTest, ABadFileLeavesTheCallRinging) {
  ring_in();
  const model::Call call = only();
  media.usable = base::fail(no_file);
  const auto answered = told([&](CallBook::Done done) {
    core->calls().answer(call.id.str(), {file_source("/x.wav"), std::nullopt, true}, done);
  });
  ASSERT_FALSE(answered);
  EXPECT_EQ(answered.error().reason, "FILE_NOT_FOUND");
  EXPECT_EQ(now(call.id).state, CallState::ringing);
  EXPECT_FALSE(now(call.id).owned);
  EXPECT_EQ(wire.count("accept"), 0U);
}

TEST_F(EndsTest, ACallThatEndsWhileItsFileIsTriedIsNotAnswered) {
  const model::LegId leg = ring_in();
  const model::Call call = only();
  media.hold_checks = true;
  std::optional<base::Result<model::Call>> answered;
  core->calls().answer(call.id.str(), {file_source("/x.wav"), std::nullopt, false},
                       [&](base::Result<model::Call> result) { answered = std::move(result); });
  core->ended(leg, {model::EndReason::cancelled, model::EndedBy::remote, {}});
  media.waiting_checks.front()();
  ASSERT_TRUE(answered);
  ASSERT_FALSE(*answered);
  EXPECT_EQ(answered->error().reason, "WRONG_STATE");
  EXPECT_EQ(wire.count("accept"), 0U);
}

TEST_F(EndsTest, WhatAClientNamedEndsTheCallIfItIsGoneAfterAll) {
  const model::Call call = place(request_with(file_source("/x.wav")));
  session().observer.end_failed(End::capture, no_file);
  EXPECT_EQ(now(call.id).state, CallState::ended);
  EXPECT_EQ(now(call.id).end_reason, model::EndReason::media_failed);
}

class ConfiguredEnds : public EndsTest {
 protected:
  void SetUp() override {
    CoreSettings settings;
    settings.capture = file_source("/gone.wav");
    settings.playback = file_sink("/none/x.wav");
    settings.ring = device("bell");
    start(settings);
    add_account("sip:alice@example.org");
  }
};

TEST_F(ConfiguredEnds, OfTheConfigurationAreSilentAndAProblem) {
  const model::Call call = place();
  EXPECT_TRUE(media.checked.empty());
  session().observer.end_failed(End::capture, no_file);
  session().observer.end_failed(End::playback, no_file);
  EXPECT_EQ(now(call.id).state, CallState::dialing);
  EXPECT_EQ(now(call.id).capture.kind, model::AudioSource::Kind::none);
  EXPECT_EQ(now(call.id).playback.kind, model::AudioSink::Kind::none);
  EXPECT_TRUE(noticed("CAPTURE_UNUSABLE", call.id.str()));
  EXPECT_TRUE(noticed("PLAYBACK_UNUSABLE", call.id.str()));
  ASSERT_EQ(core->problems().size(), 2U);
  EXPECT_NE(core->problems()[0].find("no such file"), std::string::npos);
  core->calls().set_settings({});
  EXPECT_TRUE(core->problems().empty());
}

TEST_F(ConfiguredEnds, ACallRingsWhereTheConfigurationSays) {
  ring_in();
  EXPECT_EQ(media.last_alert, ports::MediaEngine::Alert::ringtone);
  EXPECT_EQ(media.alert_at, "pulse:bell");
}

TEST_F(EndsTest, RingbackIsHeardWhereTheCallWillBe) {
  PlaceCall request;
  request.address = "sip:bob@example.org";
  request.playback = device("headset");
  place(std::move(request));
  core->progress(wire.last_leg, model::BranchId("b1"), ports::Progress::ringing, std::nullopt);
  EXPECT_EQ(media.last_alert, ports::MediaEngine::Alert::ringback);
  EXPECT_EQ(media.alert_at, "pulse:headset");
  EXPECT_EQ(media.alerts_playing, 1);
}

TEST_F(EndsTest, TheDeviceTestTakesWhatCallsTake) {
  CoreSettings settings;
  settings.capture = {model::AudioSource::Kind::device, 0, "headset", false};
  settings.playback.kind = model::AudioSink::Kind::none;
  core->calls().set_settings(settings);
  core->test_devices(std::nullopt, std::nullopt, 1, [](const auto&) {});
  EXPECT_EQ(media.tested.front(), std::pair(std::string("pulse:headset"), std::string("default")));
  std::optional<base::Result<ports::MediaEngine::DeviceTest>> result;
  core->test_devices(file_source("/x.wav"), std::nullopt, 1,
                     [&](auto done) { result = std::move(done); });
  ASSERT_TRUE(result);
  EXPECT_EQ(result->error().details.at("field"), "capture");
}

}  // namespace
}  // namespace commd::core
