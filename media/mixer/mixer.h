// The mixer of a call or a conference: everybody hears all the others, nobody
// hears himself (N-1).
//
// A member has any number of inputs (a microphone, a file) and outputs (a
// loudspeaker, a network leg). An output of a member gets the sum of the inputs of
// all the other members, saturated to 16 bits. The cost is linear in the members:
// the sum is made once, and each member's own share is taken from it.
//
// Owned by one thread at a time (a media worker). It owns neither inputs nor
// outputs; they are removed before they go. Frames are mono at one rate, chosen by
// the caller, for all members.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace commd::mixer {

class AudioInput {
 public:
  virtual ~AudioInput() = default;
  // Fills the frame and returns true; or returns false for silence, and what is in
  // the frame does not matter.
  virtual bool pull(std::span<int16_t> frame) = 0;
};

// What one output hears in one tick. Valid during push() alone.
struct MixedFrame {
  std::span<const int16_t> samples;
  // All samples are zero.
  bool silent = false;
  // Outputs that get the same number in a tick get the same samples, so that one
  // encoding of them serves all.
  uint32_t mix = 0;
};

class AudioOutput {
 public:
  virtual ~AudioOutput() = default;
  virtual void push(const MixedFrame& frame) = 0;
};

// Working memory of a tick; mixers that run on one thread may share it. It grows to
// what the largest needs.
class MixBuffers {
 private:
  friend class Mixer;
  std::vector<int16_t> inputs_;
  std::vector<int32_t> total_;
  std::vector<int16_t> common_;
  std::vector<int16_t> own_;
  std::vector<int32_t> share_;
};

class Mixer {
 public:
  using Member = uint32_t;

  Member add_member();
  // Its inputs and outputs go with it.
  void remove_member(Member member);
  void add_input(Member member, AudioInput& input);
  void remove_input(AudioInput& input);
  void add_output(Member member, AudioOutput& output);
  void remove_output(AudioOutput& output);

  // One frame of `samples` samples: every input is pulled once, then every output
  // is pushed to once. Inputs and outputs do not change the mixer meanwhile.
  void tick(size_t samples, MixBuffers& buffers);

 private:
  struct Source {
    Member member;
    AudioInput* input;
    bool active;  // in this tick
  };
  struct Listener {
    Member member;
    AudioOutput* output;
  };

  void pull_inputs(size_t samples, MixBuffers& buffers);
  void sum_inputs(size_t samples, MixBuffers& buffers) const;
  std::span<const Source> sources_of(Member member) const;
  const int16_t* frame_of(const Source& source, size_t samples, const MixBuffers& buffers) const;
  MixedFrame frame_for(Member member, size_t samples, MixBuffers& buffers) const;
  MixedFrame one_voice(Member listener, uint32_t mix, size_t samples,
                       const MixBuffers& buffers) const;

  Member next_member_ = 1;       // 0 is the number of the common mix
  std::vector<Source> sources_;  // by member
  std::vector<Listener> listeners_;
  size_t active_ = 0;  // inputs that are not silent in this tick
};

}  // namespace commd::mixer
