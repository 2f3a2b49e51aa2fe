#include "media/mixer/mixer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <list>
#include <random>
#include <vector>

namespace commd::mixer {
namespace {

constexpr size_t frame_size = 160;

class ConstantInput : public AudioInput {
 public:
  explicit ConstantInput(int16_t value) : value_(value) {}
  bool pull(std::span<int16_t> frame) override {
    ++pulls;
    if (value_ == 0) return false;
    std::fill(frame.begin(), frame.end(), value_);
    return true;
  }
  int pulls = 0;

 private:
  int16_t value_;
};

class KeepingOutput : public AudioOutput {
 public:
  void push(const MixedFrame& frame) override {
    samples.assign(frame.samples.begin(), frame.samples.end());
    silent = frame.silent;
    mix = frame.mix;
  }
  int16_t value() const { return samples.at(samples.size() / 2); }
  std::vector<int16_t> samples;
  bool silent = false;
  uint32_t mix = 99;
};

class MixerTest : public testing::Test {
 protected:
  // A member with one input of this value (0: silent) and one output.
  KeepingOutput& member(int16_t value) {
    const Mixer::Member id = mixer_.add_member();
    mixer_.add_input(id, inputs_.emplace_back(value));
    mixer_.add_output(id, outputs_.emplace_back());
    return outputs_.back();
  }
  void tick() { mixer_.tick(frame_size, buffers_); }

  Mixer mixer_;
  MixBuffers buffers_;
  std::list<ConstantInput> inputs_;
  std::list<KeepingOutput> outputs_;
};

TEST_F(MixerTest, TwoMembersHearEachOther) {
  KeepingOutput& a = member(100);
  KeepingOutput& b = member(-7);
  tick();
  EXPECT_EQ(a.value(), -7);
  EXPECT_EQ(b.value(), 100);
  EXPECT_FALSE(a.silent);
  EXPECT_EQ(a.samples.size(), frame_size);
}

TEST_F(MixerTest, NobodyHearsHimself) {
  KeepingOutput& a = member(1);
  KeepingOutput& b = member(10);
  KeepingOutput& c = member(100);
  KeepingOutput& listener = member(0);
  tick();
  EXPECT_EQ(a.value(), 110);
  EXPECT_EQ(b.value(), 101);
  EXPECT_EQ(c.value(), 11);
  EXPECT_EQ(listener.value(), 111);
}

TEST_F(MixerTest, TheLoneSpeakerHearsSilence) {
  KeepingOutput& speaker = member(500);
  KeepingOutput& listener = member(0);
  tick();
  EXPECT_TRUE(speaker.silent);
  EXPECT_EQ(speaker.value(), 0);
  EXPECT_EQ(listener.value(), 500);
}

TEST_F(MixerTest, AllSilent) {
  KeepingOutput& a = member(0);
  member(0);
  tick();
  EXPECT_TRUE(a.silent);
  EXPECT_TRUE(std::all_of(a.samples.begin(), a.samples.end(), [](int16_t s) { return s == 0; }));
}

TEST_F(MixerTest, LoudSumsAreSaturatedOnlyAtTheEnd) {
  KeepingOutput& a = member(30000);
  KeepingOutput& b = member(30000);
  KeepingOutput& c = member(-30000);
  KeepingOutput& d = member(-30000);
  KeepingOutput& listener = member(0);
  tick();
  EXPECT_EQ(a.value(), -30000) << "30000 - 60000, and the first step may not clip";
  EXPECT_EQ(c.value(), 30000);
  EXPECT_EQ(listener.value(), 0);
  member(20000);
  member(20000);
  tick();
  EXPECT_EQ(listener.value(), 32767);
  EXPECT_EQ(b.value(), 10000);
  EXPECT_EQ(d.value(), 32767);
}

TEST_F(MixerTest, AMembersOwnInputsAreNotHeardByIt) {
  const Mixer::Member desk = mixer_.add_member();
  ConstantInput microphone(10);
  ConstantInput file(5);
  KeepingOutput speaker;
  mixer_.add_input(desk, microphone);
  mixer_.add_input(desk, file);
  mixer_.add_output(desk, speaker);
  KeepingOutput& peer = member(1000);
  KeepingOutput& other = member(2);
  tick();
  EXPECT_EQ(speaker.value(), 1002);
  EXPECT_EQ(peer.value(), 17);
  EXPECT_EQ(other.value(), 1015);
}

TEST_F(MixerTest, ListenersShareOneMixAndSpeakersDoNot) {
  KeepingOutput& speaker_a = member(3);
  KeepingOutput& speaker_b = member(4);
  KeepingOutput& listener_a = member(0);
  KeepingOutput& listener_b = member(0);
  tick();
  EXPECT_EQ(listener_a.mix, 0U);
  EXPECT_EQ(listener_b.mix, 0U);
  EXPECT_NE(speaker_a.mix, 0U);
  EXPECT_NE(speaker_a.mix, speaker_b.mix);
  EXPECT_EQ(listener_a.samples, listener_b.samples);
}

TEST_F(MixerTest, EveryInputIsPulledOnceATick) {
  member(3);
  member(0);
  member(9);
  tick();
  tick();
  for (const ConstantInput& input : inputs_) EXPECT_EQ(input.pulls, 2);
}

TEST_F(MixerTest, RemovedMembersAreNeitherPulledNorPushed) {
  const Mixer::Member gone = mixer_.add_member();
  ConstantInput input(50);
  KeepingOutput output;
  mixer_.add_input(gone, input);
  mixer_.add_output(gone, output);
  KeepingOutput& stays = member(1);
  tick();
  EXPECT_EQ(stays.value(), 50);
  mixer_.remove_member(gone);
  output.samples.clear();
  tick();
  EXPECT_TRUE(output.samples.empty());
  EXPECT_TRUE(stays.silent);
  EXPECT_EQ(input.pulls, 1);
}

// Against the definition, for random rooms.
TEST_F(MixerTest, EqualsTheSumOfTheOthers) {
  std::mt19937 random(7);
  std::uniform_int_distribution<int> value(-20000, 20000);
  for (int round = 0; round < 200; ++round) {
    Mixer room;
    std::list<ConstantInput> inputs;
    std::list<KeepingOutput> outputs;
    std::vector<std::vector<int>> values;
    const int members = 1 + static_cast<int>(random() % 8);
    for (int m = 0; m < members; ++m) {
      const Mixer::Member id = room.add_member();
      room.add_output(id, outputs.emplace_back());
      values.emplace_back();
      for (unsigned i = random() % 3; i > 0; --i) {
        values.back().push_back(random() % 2 == 0 ? 0 : value(random));
        room.add_input(id, inputs.emplace_back(static_cast<int16_t>(values.back().back())));
      }
    }
    room.tick(frame_size, buffers_);
    int m = 0;
    for (const KeepingOutput& output : outputs) {
      int sum = 0;
      for (int other = 0; other < members; ++other)
        if (other != m)
          for (const int v : values[static_cast<size_t>(other)]) sum += v;
      EXPECT_EQ(output.value(), std::clamp(sum, -32768, 32767));
      ++m;
    }
  }
}

}  // namespace
}  // namespace commd::mixer
