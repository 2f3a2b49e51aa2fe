// Two sessions of one engine that talk to each other over the loopback.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "media/engine/media_engine.h"
#include "media/ice/ice_thread.h"
#include "tests/unit/engine/test_core.h"
#include "tests/unit/engine/test_devices.h"

namespace commd::engine {

struct NotedEvents : ports::MediaObserver {
  void media_usable(bool now) override { usable.push_back(now); }
  void media_flowing(const model::BranchId& branch) override { flowing.push_back(branch.str()); }
  void media_changed(const std::string& name, const model::CallSecurity& now) override {
    codec = name;
    security = now;
    ++changes;
  }
  void digit_received(char digit) override { digits += digit; }
  void media_lost(bool is_lost) override { lost = is_lost; }
  void media_failed(const base::Error& error) override { failures.push_back(error.reason); }
  void end_failed(End which, const base::Error& error) override {
    failed_ends.emplace_back(which, error.reason);
  }
  void playback_finished() override { ++playbacks_finished; }
  void transport_found(size_t, const model::TransportDescription& news) override {
    found.push_back(news);
  }
  void restart_wanted() override { ++restarts_wanted; }
  void traced(const model::TraceStep& step) override { steps.push_back(step); }
  bool told(const std::string& code) const {
    return std::any_of(steps.begin(), steps.end(), [&](const auto& s) { return s.code == code; });
  }

  std::vector<bool> usable;
  std::vector<std::string> flowing;
  std::string codec;
  model::CallSecurity security;
  int changes = 0;
  std::string digits;
  bool lost = false;
  std::vector<std::string> failures;
  std::vector<std::pair<End, std::string>> failed_ends;
  int playbacks_finished = 0;
  std::vector<model::TransportDescription> found;
  int restarts_wanted = 0;
  std::vector<model::TraceStep> steps;
};

inline model::AudioSource tone(double hz) {
  model::AudioSource source;
  source.kind = model::AudioSource::Kind::tone;
  source.tone_hz = hz;
  return source;
}

inline model::AudioSource no_source() {
  model::AudioSource source;
  source.kind = model::AudioSource::Kind::none;
  return source;
}

inline model::AudioSink ear(const std::string& name) {
  model::AudioSink sink;
  sink.name = name;
  return sink;
}

class EngineTest : public testing::Test {
 protected:
  explicit EngineTest(EngineOptions options = {}) : options_(std::move(options)) {
    if (options_.workers == 0) options_.workers = 2;
    make_engine();
  }

  void make_engine() {
    a_.reset();
    b_.reset();
    engine_.reset();
    engine_ = std::make_unique<MediaEngine>(
        MediaEngine::Parts{codecs_, srtp_, [this](auto task) { core_.post(std::move(task)); },
                           base::null_logger(), &devices_, nullptr, nullptr, &ice_, nullptr,
                           local_towards_},
        options_);
  }

  ports::MediaConfig config(std::vector<std::string> codecs = {"PCMU"}) const {
    ports::MediaConfig config;
    config.codecs = std::move(codecs);
    config.local_ip = "127.0.0.1";
    config.signalling_peer_ip = "127.0.0.1";
    config.signalling_protected = true;
    config.encryption = model::Encryption::off;
    config.capture = no_source();
    config.playback.kind = model::AudioSink::Kind::none;
    return config;
  }
  // a speaks 440 Hz and hears with ear "a"; b speaks 1000 Hz.
  void open_talkers(ports::MediaConfig config) {
    config.capture = tone(440);
    config.playback = ear("a");
    a_ = engine_->open("a", config, events_a_);
    config.capture = tone(1000);
    config.playback = ear("b");
    b_ = engine_->open("b", config, events_b_);
  }

  using Description = base::Result<model::SessionDescription>;
  Description offer(ports::MediaSession& session,
                    model::Direction direction = model::Direction::send_recv) {
    std::optional<Description> result;
    session.offer(direction, [&](Description description) { result = std::move(description); });
    EXPECT_FALSE(result) << "callbacks never come from inside a call";
    EXPECT_TRUE(core_.run_until([&] { return result.has_value(); }));
    return *result;
  }
  Description answer(ports::MediaSession& session, const model::SessionDescription& offered,
                     model::Direction direction = model::Direction::send_recv) {
    std::optional<Description> result;
    session.answer(offered, direction,
                   [&](Description description) { result = std::move(description); });
    EXPECT_TRUE(core_.run_until([&] { return result.has_value(); }));
    return *result;
  }
  base::Result<void> apply(ports::MediaSession& session, const std::string& branch,
                           const model::SessionDescription& answered) {
    std::optional<base::Result<void>> result;
    session.apply_answer(model::BranchId(branch), answered,
                         [&](base::Result<void> applied) { result = std::move(applied); });
    EXPECT_TRUE(core_.run_until([&] { return result.has_value(); }));
    return *result;
  }
  template <class Call>
  base::Result<void> wait_done(Call call) {
    std::optional<base::Result<void>> result;
    call([&](base::Result<void> done) { result = std::move(done); });
    EXPECT_TRUE(core_.run_until([&] { return result.has_value(); }));
    return *result;
  }

  // One exchange: `from` offers, `to` answers.
  void negotiate(ports::MediaSession& from, ports::MediaSession& to,
                 model::Direction wanted = model::Direction::send_recv) {
    const auto offered = offer(from, wanted);
    ASSERT_TRUE(offered) << offered.error().message;
    const auto answered = answer(to, *offered);
    ASSERT_TRUE(answered) << answered.error().message;
    const auto applied = apply(from, "b", *answered);
    ASSERT_TRUE(applied) << applied.error().message;
  }
  // A call that both ends have answered.
  void connect() {
    negotiate(*a_, *b_);
    a_->choose_branch(model::BranchId("b"));
    a_->transmit(ports::Transmit::live);
    b_->transmit(ports::Transmit::live);
  }

  bool wait(std::function<bool()> condition) { return core_.run_until(std::move(condition)); }
  model::MediaStats stats(ports::MediaSession& session) {
    std::optional<model::MediaStats> result;
    session.stats([&](model::MediaStats now) { result = std::move(now); });
    EXPECT_TRUE(core_.run_until([&] { return result.has_value(); }));
    return *result;
  }

  TestCore core_;
  TestDevices devices_{core_};
  srtp::SrtpLibrary srtp_;
  codec::CodecRegistry codecs_ = codec::CodecRegistry::direct();
  EngineOptions options_;
  ice::IceThread ice_{base::null_logger()};
  std::function<std::string(const std::string&)> local_towards_;
  std::unique_ptr<MediaEngine> engine_;
  NotedEvents events_a_;
  NotedEvents events_b_;
  std::unique_ptr<ports::MediaSession> a_;
  std::unique_ptr<ports::MediaSession> b_;
};

}  // namespace commd::engine
