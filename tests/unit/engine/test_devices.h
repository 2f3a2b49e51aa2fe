// Sound devices of tests: an Ear for each playback device, a Voice for each capture
// device, told apart by name. What is played arrives on the test's core thread.
#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "media/codec/goertzel.h"
#include "media/engine/audio_devices.h"
#include "tests/unit/engine/test_core.h"

namespace commd::engine {

// What one playback device was given. Core thread.
class Ear {
 public:
  // The peak amplitude of a tone over the last 200 ms, 0 while less was heard.
  double amplitude(double frequency) const {
    const size_t window = rate_ / 5;
    if (rate_ == 0 || samples_.size() < window) return 0;
    return codec::tone_amplitude(std::span(samples_).last(window), rate_, frequency);
  }
  bool hears(double frequency) const { return amplitude(frequency) > 6000; }
  bool hears_nothing() const {
    const size_t window = rate_ / 5;
    if (rate_ == 0 || samples_.size() < window) return false;
    return std::ranges::all_of(std::span(samples_).last(window),
                               [](int16_t sample) { return std::abs(sample) < 200; });
  }
  const std::vector<int16_t>& samples() const { return samples_; }
  uint32_t rate() const { return rate_; }
  void forget() { samples_.clear(); }

 private:
  friend class TestDevices;
  uint32_t rate_ = 0;
  std::vector<int16_t> samples_;
};

class TestDevices : public AudioDevices {
 public:
  explicit TestDevices(TestCore& core) : core_(core) {}

  Ear& ear(const std::string& name) { return ears_[name]; }

  std::shared_ptr<RingEndpoint> open_capture(const std::string&, uint32_t rate) override {
    return std::make_shared<Silence>(rate);
  }
  std::shared_ptr<RingEndpoint> open_playback(const std::string& name, uint32_t rate) override {
    Ear& ear = ears_[name];
    ear.rate_ = rate;
    ear.samples_.clear();
    return std::make_shared<Speaker>(core_, ear, rate);
  }
  void check(const model::AudioSource&, const model::AudioSink&,
             std::function<void(base::Result<void>)> done) override {
    core_.post([done = std::move(done)] { done({}); });
  }
  void when_known(std::function<void()> done) override { core_.post(std::move(done)); }
  std::unique_ptr<ports::MediaEngine::AlertPlayer> alert(ports::MediaEngine::Alert,
                                                         const model::AudioSink&) override {
    return nullptr;
  }
  void watch(ports::DeviceObserver&) override {}
  std::vector<model::Device> devices() const override { return {}; }
  void test(const model::AudioSource&, const model::AudioSink&, unsigned,
            std::function<void(base::Result<ports::MediaEngine::DeviceTest>)>) override {}

 private:
  // A device that is not there: it never gives anything.
  class Silence : public RingEndpoint {
   public:
    explicit Silence(uint32_t rate) : rate_(rate), ring_(rate) {}
    AudioRing& ring() override { return ring_; }
    uint32_t sample_rate() const override { return rate_; }
    void wake() override {}

   private:
    uint32_t rate_;
    AudioRing ring_;
  };

  class Speaker : public RingEndpoint {
   public:
    Speaker(TestCore& core, Ear& ear, uint32_t rate)
        : core_(core), ear_(ear), rate_(rate), ring_(std::make_shared<AudioRing>(rate / 10)) {}
    AudioRing& ring() override { return *ring_; }
    uint32_t sample_rate() const override { return rate_; }
    void wake() override {
      core_.post([ring = ring_, &ear = ear_] {
        std::vector<int16_t> samples(ring->capacity());
        samples.resize(ring->read(samples));
        ear.samples_.insert(ear.samples_.end(), samples.begin(), samples.end());
      });
    }

   private:
    TestCore& core_;
    Ear& ear_;
    uint32_t rate_;
    std::shared_ptr<AudioRing> ring_;
  };

  TestCore& core_;
  std::map<std::string, Ear> ears_;
};

}  // namespace commd::engine
