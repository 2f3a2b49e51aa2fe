#include <gtest/gtest.h>

#include "media/codec/goertzel.h"
#include "media/engine/audio_members.h"
#include "media/engine/call_audio.h"
#include "media/engine/level_meter.h"

namespace commd::engine {
namespace {

constexpr uint32_t rate = 8000;
constexpr size_t frame_size = rate / 50;

class TestEndpoint : public RingEndpoint {
 public:
  TestEndpoint(uint32_t sample_rate, size_t capacity) : rate_(sample_rate), ring_(capacity) {}
  AudioRing& ring() override { return ring_; }
  uint32_t sample_rate() const override { return rate_; }
  void wake() override { ++wakes; }
  int wakes = 0;

 private:
  uint32_t rate_;
  AudioRing ring_;
};

TEST(ToneInput, IsAPureToneOfMinusTenDbov) {
  for (const uint32_t sample_rate : {8000U, 16000U, 48000U}) {
    ToneInput tone(440);
    std::vector<int16_t> second(sample_rate);
    for (size_t i = 0; i < second.size(); i += sample_rate / 50)
      ASSERT_TRUE(tone.pull(std::span(second).subspan(i, sample_rate / 50)));
    EXPECT_NEAR(codec::tone_amplitude(second, sample_rate, 440), 14654, 100) << sample_rate;
    LevelMeter meter;
    for (int i = 0; i < 5; ++i) meter.add(std::span(second).first(sample_rate / 50));
    EXPECT_NEAR(meter.dbov(), -10, 0.3);
  }
}

TEST(ToneInput, AboveHalfTheRateThereIsNone) {
  ToneInput tone(5000);
  std::vector<int16_t> frame(frame_size);
  EXPECT_FALSE(tone.pull(frame));
  std::vector<int16_t> wide(48000 / 50);
  EXPECT_TRUE(tone.pull(wide)) << "it may come back with another codec";
}

TEST(LevelMeter, SilenceIsTheLowestLevel) {
  LevelMeter meter;
  EXPECT_EQ(meter.dbov(), -127);
  const std::vector<int16_t> loud(frame_size, 32767);
  for (int i = 0; i < 5; ++i) meter.add(loud);
  EXPECT_NEAR(meter.dbov(), 0, 0.1);
  for (int i = 0; i < 5; ++i) meter.add_silence();
  EXPECT_EQ(meter.dbov(), -127);
}

TEST(RingInput, PlaysPadsAndTellsTheEndOnce) {
  auto endpoint = std::make_shared<TestEndpoint>(rate, 1024);
  int ends = 0;
  RingInput input(endpoint, RingInput::Backlog::keep, [&] { ++ends; });
  std::vector<int16_t> frame(frame_size);
  EXPECT_FALSE(input.pull(frame)) << "nothing there yet";
  EXPECT_EQ(endpoint->wakes, 1) << "an empty ring wants more";
  endpoint->ring().write(std::vector<int16_t>(200, 5));
  EXPECT_TRUE(input.pull(frame));
  EXPECT_EQ(frame.back(), 5);
  endpoint->ring().finish();
  EXPECT_TRUE(input.pull(frame));
  EXPECT_EQ(frame[39], 5);
  EXPECT_EQ(frame[40], 0);
  EXPECT_EQ(ends, 0);
  EXPECT_FALSE(input.pull(frame));
  EXPECT_FALSE(input.pull(frame));
  EXPECT_EQ(ends, 1);
}

TEST(RingInput, ConvertsTheRate) {
  auto endpoint = std::make_shared<TestEndpoint>(48000, 65536);
  ToneInput tone(440);
  std::vector<int16_t> block(960);
  for (int i = 0; i < 50; ++i) {
    tone.pull(block);
    endpoint->ring().write(block);
  }
  RingInput input(endpoint, RingInput::Backlog::keep, nullptr);
  std::vector<int16_t> second(rate);
  for (size_t i = 0; i < rate; i += frame_size)
    ASSERT_TRUE(input.pull(std::span(second).subspan(i, frame_size)));
  EXPECT_NEAR(codec::tone_amplitude(std::span(second).last(rate / 2), rate, 440), 14654, 500);
}

TEST(RingInput, OldSamplesOfADeviceAreDropped) {
  auto endpoint = std::make_shared<TestEndpoint>(rate, 8192);
  RingInput input(endpoint, RingInput::Backlog::drop, nullptr);
  endpoint->ring().write(std::vector<int16_t>(8000, 1));
  std::vector<int16_t> frame(frame_size);
  EXPECT_TRUE(input.pull(frame));
  EXPECT_LE(endpoint->ring().size(), 2 * frame_size);
}

TEST(StereoRecorder, LeftIsSentRightIsHeard) {
  auto endpoint = std::make_shared<TestEndpoint>(rate, 4096);
  StereoRecorder recorder(endpoint);
  const std::vector<int16_t> left(frame_size, 1);
  const std::vector<int16_t> right(frame_size, 2);
  recorder.write(left, right, rate);
  recorder.write({}, right, rate);
  std::vector<int16_t> out(4 * frame_size);
  ASSERT_EQ(endpoint->ring().read(out), out.size());
  EXPECT_EQ(out[0], 1);
  EXPECT_EQ(out[1], 2);
  EXPECT_EQ(out[2 * frame_size], 0);
  EXPECT_EQ(out[2 * frame_size + 1], 2);
}

TEST(StereoRecorder, AFullRingLosesWholeFrames) {
  auto endpoint = std::make_shared<TestEndpoint>(rate, 512);
  StereoRecorder recorder(endpoint);
  const std::vector<int16_t> frame(frame_size, 1);
  for (int i = 0; i < 10; ++i) recorder.write(frame, frame, rate);
  EXPECT_EQ(endpoint->ring().size() % (2 * frame_size), 0U);
}

// The far end: says a constant, notes what it is told.
struct FarEnd : CallAudio::Network {
  bool receive(std::span<int16_t> frame) override {
    std::fill(frame.begin(), frame.end(), says);
    return says != 0;
  }
  void send(std::span<const int16_t> frame) override {
    hears = frame.empty() ? int16_t{0} : frame[frame.size() / 2];
    ++frames;
  }
  int16_t says = 0;
  int16_t hears = -1;
  int frames = 0;
};

struct Constant : mixer::AudioInput {
  explicit Constant(int16_t number) : value(number) {}
  bool pull(std::span<int16_t> frame) override {
    ++*pulls;
    std::fill(frame.begin(), frame.end(), value);
    return true;
  }
  int16_t value;
  std::shared_ptr<int> pulls = std::make_shared<int>(0);
};

struct Listener : mixer::AudioOutput {
  void push(const mixer::MixedFrame& frame) override { *heard = frame.samples[0]; }
  std::shared_ptr<int> heard = std::make_shared<int>(-1);
};

class CallAudioTest : public testing::Test {
 protected:
  CallAudioTest() {
    auto capture = std::make_unique<Constant>(int16_t{100});
    pulls_ = capture->pulls;
    audio_.set_capture(std::move(capture));
    auto playback = std::make_unique<Listener>();
    heard_ = playback->heard;
    audio_.set_playback(std::move(playback));
  }
  void tick() { audio_.tick(far_, rate, buffers_); }

  CallAudio audio_;
  FarEnd far_;
  mixer::MixBuffers buffers_;
  std::shared_ptr<int> pulls_;
  std::shared_ptr<int> heard_;
};

TEST_F(CallAudioTest, BeforeTheAnswerOnlySilenceIsSent) {
  far_.says = 7;
  audio_.set_player(std::make_unique<Constant>(int16_t{5}));
  tick();
  EXPECT_EQ(far_.hears, 0);
  EXPECT_EQ(far_.frames, 1) << "silence is sent, not nothing";
  EXPECT_EQ(*heard_, 7) << "early media is heard";
  EXPECT_EQ(*pulls_, 0) << "a file begins with the answer";
  audio_.set_live(true);
  tick();
  EXPECT_EQ(far_.hears, 105);
}

TEST_F(CallAudioTest, MutedTheCaptureGoesOnUnheard) {
  audio_.set_live(true);
  audio_.set_muted(true);
  audio_.set_player(std::make_unique<Constant>(int16_t{5}));
  tick();
  EXPECT_EQ(far_.hears, 5) << "a file played into the call is not the microphone";
  EXPECT_EQ(*pulls_, 1);
}

TEST_F(CallAudioTest, HeldNobodyHearsTheOther) {
  audio_.set_live(true);
  audio_.set_held(true);
  far_.says = 9;
  tick();
  EXPECT_EQ(far_.hears, 0);
  EXPECT_EQ(*heard_, 0);
  EXPECT_EQ(*pulls_, 0);
  audio_.set_held(false);
  tick();
  EXPECT_EQ(far_.hears, 100);
  EXPECT_EQ(*heard_, 9);
}

TEST_F(CallAudioTest, EchoComesBackOneFrameLater) {
  audio_.set_live(true);
  audio_.set_echo_capture();
  audio_.set_echo_playback();
  far_.says = 42;
  tick();
  EXPECT_EQ(far_.hears, 0);
  far_.says = 43;
  tick();
  EXPECT_EQ(far_.hears, 42);
  far_.says = 0;
  tick();
  EXPECT_EQ(far_.hears, 43);
  tick();
  EXPECT_EQ(far_.hears, 0);
}

TEST_F(CallAudioTest, ThePlayedFileIsNotHeardHere) {
  audio_.set_live(true);
  audio_.set_player(std::make_unique<Constant>(int16_t{5}));
  tick();
  EXPECT_EQ(far_.hears, 105);
  EXPECT_EQ(*heard_, 0);
  audio_.set_player(nullptr);
  tick();
  EXPECT_EQ(far_.hears, 100);
}

TEST_F(CallAudioTest, LevelsAreOfBothDirections) {
  audio_.set_live(true);
  far_.says = 16384;
  for (int i = 0; i < 5; ++i) tick();
  EXPECT_NEAR(audio_.received_dbov(), -6, 0.1);
  EXPECT_NEAR(audio_.sent_dbov(), -50.3, 0.1);
}

}  // namespace
}  // namespace commd::engine
