// A SoundSystem on a sound server of its own, and a call that speaks and listens through
// it in frames of 20 ms, as a media worker does.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "daemon/base/log.h"
#include "media/codec/goertzel.h"
#include "media/codec/level.h"
#include "media/engine/audio_members.h"
#include "media/gst/sound_system.h"
#include "tests/unit/engine/test_core.h"
#include "tests/unit/gst/pulse_server.h"

namespace commd::gst {

constexpr uint32_t call_rate = 48'000;

// Nothing of the voice processing, so that tones stay as they are.
inline SoundOptions plain_options(const std::string& server) {
  SoundOptions options;
  options.echo_cancellation = false;
  options.noise_suppression = false;
  options.gain_control = false;
  options.server = server;
  return options;
}

// A worker's tick for one call, on a thread of its own. What it hears is collected on
// the test's thread.
class TestCall {
 public:
  // Any end may be null; without a voice it is silent.
  TestCall(engine::TestCore& core, std::shared_ptr<engine::RingEndpoint> capture,
           std::shared_ptr<engine::RingEndpoint> playback, std::unique_ptr<mixer::AudioInput> voice,
           uint32_t rate = call_rate)
      : core_(core), rate_(rate), voice_(std::move(voice)) {
    if (capture) {
      input_.emplace(std::move(capture), engine::RingInput::Backlog::drop, nullptr);
    }
    if (playback) output_.emplace(std::move(playback));
    thread_ = std::thread([this] { run(); });
  }
  ~TestCall() {
    {
      const std::lock_guard lock(mutex_);
      over_ = true;
    }
    changed_.notify_one();
    thread_.join();
    // What it has posted belongs to it.
    core_.run_posted();
  }

  // The peak amplitude of a tone over the last 400 ms, 0 while less was heard.
  double amplitude(double frequency) const {
    const size_t window = rate_ / 5 * 2;
    if (heard_.size() < window) return 0;
    return codec::tone_amplitude(std::span(heard_).last(window), rate_, frequency);
  }
  bool hears(double frequency) const { return amplitude(frequency) > 4'000; }
  // Over the last `ms`; 0 while less was heard.
  double level_dbov(unsigned ms) const {
    const size_t window = size_t{rate_} * ms / 1'000;
    if (heard_.size() < window) return 0;
    return codec::rms_dbov(std::span(heard_).last(window));
  }
  size_t heard_ms() const { return heard_.size() * 1'000 / rate_; }
  // Frames with nothing at all in them, since the last forget().
  size_t gaps() const { return gaps_; }
  const std::vector<int16_t>& heard() const { return heard_; }
  void forget() {
    heard_.clear();
    gaps_ = 0;
  }

 private:
  void run() {
    auto next = std::chrono::steady_clock::now();
    for (;;) {
      next += std::chrono::milliseconds(20);
      {
        std::unique_lock lock(mutex_);
        if (changed_.wait_until(lock, next, [this] { return over_; })) return;
      }
      tick();
    }
  }

  void tick() {
    std::vector<int16_t> frame(rate_ / 50);
    if (output_) {
      const bool silent = !voice_ || !voice_->pull(frame);
      mixer::MixedFrame mixed{};
      mixed.samples = frame;
      mixed.silent = silent;
      output_->push(mixed);
    }
    if (!input_) return core_.post([] {});
    std::ranges::fill(frame, int16_t{0});
    const bool something = input_->pull(frame);
    core_.post([this, something, frame = std::move(frame)] {
      if (!something) ++gaps_;
      heard_.insert(heard_.end(), frame.begin(), frame.end());
    });
  }

  engine::TestCore& core_;
  uint32_t rate_;
  std::unique_ptr<mixer::AudioInput> voice_;
  std::optional<engine::RingInput> input_;
  std::optional<engine::RingOutput> output_;
  std::vector<int16_t> heard_;
  size_t gaps_ = 0;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool over_ = false;
  std::thread thread_;
};

class RecordingObserver : public ports::DeviceObserver {
 public:
  void device_added(const model::Device& device) override {
    std::erase_if(devices, [&](const auto& known) { return known.id == device.id; });
    devices.push_back(device);
  }
  void device_removed(const std::string& id) override {
    std::erase_if(devices, [&](const auto& known) { return known.id == id; });
  }
  void sound_server(bool present, const std::string& message) override {
    server.emplace_back(present, message);
  }
  void device_trouble(model::Device::Kind, const std::string& device,
                      const std::string& message) override {
    troubles.emplace_back(device, message);
  }

  const model::Device* find(const std::string& id) const {
    const auto found = std::ranges::find(devices, id, &model::Device::id);
    return found == devices.end() ? nullptr : &*found;
  }
  bool present() const { return !server.empty() && server.back().first; }

  std::vector<model::Device> devices;
  std::vector<std::pair<bool, std::string>> server;
  std::vector<std::pair<std::string, std::string>> troubles;
};

class SoundTest : public testing::Test {
 protected:
  std::unique_ptr<SoundSystem> make(SoundOptions options) {
    return std::make_unique<SoundSystem>(
        std::move(options), [this](engine::TestCore::Task task) { core_.post(std::move(task)); },
        base::null_logger());
  }
  std::unique_ptr<TestCall> call(std::shared_ptr<engine::RingEndpoint> capture,
                                 std::shared_ptr<engine::RingEndpoint> playback, double hz,
                                 uint32_t rate = call_rate) {
    auto voice = hz > 0 ? std::make_unique<engine::ToneInput>(hz) : nullptr;
    return std::make_unique<TestCall>(core_, std::move(capture), std::move(playback),
                                      std::move(voice), rate);
  }
  template <class Condition>
  bool eventually(Condition condition) {
    return core_.run_until(condition, std::chrono::seconds(30));
  }

  engine::TestCore core_;
};

}  // namespace commd::gst
