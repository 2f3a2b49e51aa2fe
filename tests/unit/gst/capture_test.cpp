// Sound through a real sound server: what is played comes out, what is said comes in.
#include <random>

#include "tests/unit/gst/sound_fixture.h"

namespace commd::gst {
namespace {

class DeviceSound : public SoundTest {
 protected:
  PulseServer server_;
};

TEST_F(DeviceSound, WhatIsPlayedIsHeardAtTheMonitor) {
  const auto sound = make(plain_options(server_.address()));
  const auto talk = call(sound->open_capture("speakers.monitor", call_rate),
                         sound->open_playback("", call_rate), 1'000);
  EXPECT_TRUE(eventually([&] { return talk->hears(1'000); }));
}

TEST_F(DeviceSound, TheMicrophoneIsHeardAtEveryRate) {
  const auto sound = make(plain_options(server_.address()));
  const auto speaker = call(nullptr, sound->open_playback("room", call_rate), 700);
  const auto narrow = call(sound->open_capture("", 8'000), nullptr, 0, 8'000);
  const auto wide = call(sound->open_capture("mic", 16'000), nullptr, 0, 16'000);
  const auto full = call(sound->open_capture("", 48'000), nullptr, 0);
  EXPECT_TRUE(
      eventually([&] { return narrow->hears(700) && wide->hears(700) && full->hears(700); }));
}

TEST_F(DeviceSound, TwoCallsShareALoudspeaker) {
  const auto sound = make(plain_options(server_.address()));
  const auto one = call(sound->open_capture("speakers.monitor", call_rate),
                        sound->open_playback("", call_rate), 500);
  auto other = call(nullptr, sound->open_playback("", 16'000), 900, 16'000);
  EXPECT_TRUE(eventually([&] { return one->hears(500) && one->hears(900); }));
  EXPECT_NE(server_.pactl({"list", "short", "sink-inputs"}).find("\n"), std::string::npos);
  other.reset();
  EXPECT_TRUE(eventually([&] { return one->hears(500) && one->amplitude(900) < 100; }));
}

TEST_F(DeviceSound, TheDeviceIsClosedWhenNobodyWantsIt) {
  const auto sound = make(plain_options(server_.address()));
  auto talk = call(sound->open_capture("", call_rate), sound->open_playback("", call_rate), 440);
  ASSERT_TRUE(eventually([&] { return talk->heard_ms() > 0; }));
  ASSERT_TRUE(eventually([&] {
    return !server_.pactl({"list", "short", "source-outputs"}).empty();
  }));
  talk.reset();
  const auto waker = call(nullptr, nullptr, 0);
  EXPECT_TRUE(eventually([&] {
    // The remapped microphone itself listens to the room.
    return server_.pactl({"list", "short", "sink-inputs"}).empty() &&
           server_.pactl({"list", "source-outputs"}).find("\"commd\"") == std::string::npos;
  }));
}

TEST_F(DeviceSound, StreamsCarryTheirRole) {
  const auto sound = make(plain_options(server_.address()));
  const auto talk =
      call(sound->open_capture("", call_rate), sound->open_playback("", call_rate), 440);
  EXPECT_TRUE(eventually([&] {
    return server_.pactl({"list", "sink-inputs"}).find("media.role = \"phone\"") !=
               std::string::npos &&
           server_.pactl({"list", "source-outputs"}).find("media.role = \"phone\"") !=
               std::string::npos;
  }));
}

// White noise, as a voice that fills every band.
class Noise : public mixer::AudioInput {
 public:
  bool pull(std::span<int16_t> frame) override {
    std::ranges::generate(frame, [this] { return static_cast<int16_t>(value_(random_)); });
    return true;
  }

 private:
  std::mt19937 random_{1};
  std::uniform_int_distribution<int> value_{-6'000, 6'000};
};

TEST_F(DeviceSound, OurOwnEchoIsCancelled) {
  auto options = plain_options(server_.address());
  options.echo_cancellation = true;
  const auto sound = make(options);
  // The microphone hears nothing but the loudspeaker.
  const TestCall talk(core_, sound->open_capture("speakers.monitor", call_rate),
                      sound->open_playback("", call_rate), std::make_unique<Noise>());
  EXPECT_TRUE(eventually([&] { return talk.heard_ms() > 2'000 && talk.level_dbov(200) > -127; }));
  // Played at -20 dBov.
  EXPECT_TRUE(eventually([&] { return talk.level_dbov(500) < -50; }))
      << "the echo is still " << talk.level_dbov(500) << " dBov";
}

TEST_F(DeviceSound, AMicrophoneIsHeardBesideTheEchoCanceller) {
  auto options = plain_options(server_.address());
  options.echo_cancellation = true;
  options.noise_suppression = true;
  options.gain_control = true;
  const auto sound = make(options);
  const TestCall room(core_, nullptr, sound->open_playback("room", call_rate),
                      std::make_unique<Noise>());
  const auto talk =
      call(sound->open_capture("", call_rate), sound->open_playback("", call_rate), 440);
  EXPECT_TRUE(eventually([&] { return talk->heard_ms() > 500 && talk->level_dbov(300) > -40; }));
}

}  // namespace
}  // namespace commd::gst
