// The ends of a call's audio other than the network: tones, rings of samples that
// another thread fills or drains, and the echo. All are pulled or pushed by the
// session's worker, in frames of 20 ms at whatever rate the call has.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "media/engine/audio_devices.h"
#include "media/engine/rate_adapter.h"
#include "media/mixer/mixer.h"

namespace commd::engine {

// A sine at -10 dBov RMS.
class ToneInput : public mixer::AudioInput {
 public:
  explicit ToneInput(double frequency) : frequency_(frequency) {}
  bool pull(std::span<int16_t> frame) override;

 private:
  void set_rate(uint32_t rate);

  double frequency_;
  uint32_t rate_ = 0;
  // The oscillator turns by a fixed step: two multiplications a sample, no sine.
  double cosine_ = 1;
  double sine_ = 0;
  double step_cosine_ = 1;
  double step_sine_ = 0;
};

class RingInput : public mixer::AudioInput {
 public:
  // A file waits to be read; a device's samples are of no use when they are old.
  enum class Backlog { keep, drop };
  // `finished` (may be empty) is called once, on the worker, when the writer has ended
  // the ring and all was played.
  RingInput(std::shared_ptr<RingEndpoint> source, Backlog backlog, std::function<void()> finished);
  bool pull(std::span<int16_t> frame) override;

 private:
  std::shared_ptr<RingEndpoint> source_;
  Backlog backlog_;
  std::function<void()> finished_;
  std::vector<int16_t> samples_;
  RateAdapter adapter_;
};

class RingOutput : public mixer::AudioOutput {
 public:
  explicit RingOutput(std::shared_ptr<RingEndpoint> sink) : sink_(std::move(sink)) {}
  void push(const mixer::MixedFrame& frame) override;

 private:
  std::shared_ptr<RingEndpoint> sink_;
  std::vector<int16_t> samples_;
  RateAdapter adapter_;
};

// Records both directions: left is what we send, right is what we hear.
class StereoRecorder {
 public:
  explicit StereoRecorder(std::shared_ptr<RingEndpoint> sink) : sink_(std::move(sink)) {}
  // Frames of 20 ms at `rate`; an empty one is silence.
  void write(std::span<const int16_t> left, std::span<const int16_t> right, uint32_t rate);

 private:
  void place(std::span<const int16_t> samples, uint32_t rate, size_t channel, RateAdapter& adapter);

  std::shared_ptr<RingEndpoint> sink_;
  std::vector<int16_t> interleaved_;
  std::vector<int16_t> converted_;
  RateAdapter left_;
  RateAdapter right_;
};

// What is heard is said again one frame later.
class EchoLoop {
 public:
  mixer::AudioInput& input() { return input_; }
  mixer::AudioOutput& output() { return output_; }

 private:
  class Input : public mixer::AudioInput {
   public:
    explicit Input(EchoLoop& owner) : owner_(owner) {}
    bool pull(std::span<int16_t> frame) override;

   private:
    EchoLoop& owner_;
  };
  class Output : public mixer::AudioOutput {
   public:
    explicit Output(EchoLoop& owner) : owner_(owner) {}
    void push(const mixer::MixedFrame& frame) override;

   private:
    EchoLoop& owner_;
  };

  std::vector<int16_t> frame_;  // empty: silence
  Input input_{*this};
  Output output_{*this};
};

}  // namespace commd::engine
