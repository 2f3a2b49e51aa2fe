// Who takes part in a call's audio on our side, and what may be heard of them:
// capture, playback, a file played into the call, a recorder, the echo. One mixer
// joins them with the network.
//
// The session's worker.
#pragma once

#include <memory>
#include <optional>

#include "media/engine/audio_members.h"
#include "media/engine/level_meter.h"
#include "media/engine/scratch.h"
#include "media/mixer/mixer.h"

namespace commd::engine {

class CallAudio {
 public:
  // The far end, as the mixer sees it.
  class Network {
   public:
    virtual ~Network() = default;
    // False: silence.
    virtual bool receive(std::span<int16_t> frame) = 0;
    // An empty frame is silence.
    virtual void send(std::span<const int16_t> frame) = 0;
  };

  CallAudio();
  CallAudio(const CallAudio&) = delete;
  CallAudio& operator=(const CallAudio&) = delete;

  // Null: silence, or nobody listens.
  void set_capture(std::unique_ptr<mixer::AudioInput> capture);
  void set_playback(std::unique_ptr<mixer::AudioOutput> playback);
  void set_player(std::unique_ptr<mixer::AudioInput> player);
  void set_recorder(std::unique_ptr<StereoRecorder> recorder);
  // The echo takes the place of capture or playback.
  void set_echo_capture();
  void set_echo_playback();

  // Before the answer nothing of ours is sent: sources stand still.
  void set_live(bool live) { live_ = live; }
  // The capture goes on unheard.
  void set_muted(bool muted) { muted_ = muted; }
  // On hold the capture stands still and the person hears nothing; a file that is
  // played is still sent.
  void set_held(bool held) { held_ = held; }

  // One frame of 20 ms.
  void tick(Network& network, uint32_t rate, mixer::MixBuffers& buffers);

  double sent_dbov() const { return sent_level_.dbov(); }
  double received_dbov() const { return received_level_.dbov(); }
  double sent_peak_dbov() const { return sent_level_.peak_dbov(); }
  double received_peak_dbov() const { return received_level_.peak_dbov(); }

 private:
  // Our doors, through which the rules above are kept.
  class Capture : public mixer::AudioInput {
   public:
    explicit Capture(CallAudio& owner) : owner_(owner) {}
    bool pull(std::span<int16_t> frame) override;

   private:
    CallAudio& owner_;
  };
  class Player : public mixer::AudioInput {
   public:
    explicit Player(CallAudio& owner) : owner_(owner) {}
    bool pull(std::span<int16_t> frame) override;

   private:
    CallAudio& owner_;
  };
  class FromNetwork : public mixer::AudioInput {
   public:
    explicit FromNetwork(CallAudio& owner) : owner_(owner) {}
    bool pull(std::span<int16_t> frame) override;

   private:
    CallAudio& owner_;
  };
  class ToNetwork : public mixer::AudioOutput {
   public:
    explicit ToNetwork(CallAudio& owner) : owner_(owner) {}
    void push(const mixer::MixedFrame& frame) override;

   private:
    CallAudio& owner_;
  };

  bool live_ = false;
  bool muted_ = false;
  bool held_ = false;

  std::unique_ptr<mixer::AudioInput> capture_;
  std::unique_ptr<mixer::AudioOutput> playback_;
  std::unique_ptr<mixer::AudioInput> player_;
  std::unique_ptr<StereoRecorder> recorder_;
  EchoLoop echo_;
  bool echo_capture_ = false;
  // What the mixer has as our output: playback_ or the echo's.
  mixer::AudioOutput* output_ = nullptr;

  mixer::Mixer mixer_;
  mixer::Mixer::Member network_member_;
  mixer::Mixer::Member local_member_;
  Capture capture_door_{*this};
  Player player_door_{*this};
  FromNetwork from_network_{*this};
  ToNetwork to_network_{*this};
  Network* network_ = nullptr;  // during a tick
  uint32_t rate_ = 0;           //
  std::vector<int16_t> heard_;  // of this tick, for the recorder; empty: silence
  LevelMeter sent_level_;
  LevelMeter received_level_;

  void set_output(mixer::AudioOutput* output);
};

}  // namespace commd::engine
