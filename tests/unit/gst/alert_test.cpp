// Ringing and the device test, heard at the monitor of a real sound server.
#include "tests/unit/gst/sound_fixture.h"

namespace commd::gst {
namespace {

using Alert = ports::MediaEngine::Alert;
using TestResult = base::Result<ports::MediaEngine::DeviceTest>;

class AlertSound : public SoundTest {
 protected:
  std::optional<TestResult> run_test(SoundSystem& sound, const model::AudioSource& source,
                                     const model::AudioSink& sink) {
    std::optional<TestResult> result;
    sound.test(source, sink, 1, [&](TestResult done) { result = std::move(done); });
    eventually([&] { return result.has_value(); });
    return result;
  }
  static model::AudioSource microphone(const std::string& name) {
    return {model::AudioSource::Kind::device, 0, name, false};
  }
  static model::AudioSink loudspeaker(const std::string& name) {
    return {model::AudioSink::Kind::device, name};
  }

  PulseServer server_;
};

TEST_F(AlertSound, RingsOnTheDeviceForRinging) {
  const auto sound = make(plain_options(server_.address()));
  const auto room = call(sound->open_capture("mic", call_rate), nullptr, 0);
  auto alert = sound->alert(Alert::ringtone, loudspeaker("room"));
  EXPECT_TRUE(
      eventually([&] { return room->amplitude(587.3) > 500 && room->amplitude(698.5) > 500; }));
  EXPECT_NE(server_.pactl({"list", "sink-inputs"}).find("media.role = \"event\""),
            std::string::npos);
  alert.reset();
  EXPECT_TRUE(eventually([&] { return room->level_dbov(300) == -127; }));
}

TEST_F(AlertSound, RingbackIsHeardWhereCallsAre) {
  const auto sound = make(plain_options(server_.address()));
  const auto ear = call(sound->open_capture("speakers.monitor", call_rate), nullptr, 0);
  const auto alert = sound->alert(Alert::ringback, loudspeaker(""));
  EXPECT_TRUE(eventually([&] { return ear->hears(425); }));
}

TEST_F(AlertSound, NoneIsSilent) {
  const auto sound = make(plain_options(server_.address()));
  const model::AudioSink none{model::AudioSink::Kind::none, ""};
  RecordingObserver observer;
  sound->watch(observer);
  const auto ringing = sound->alert(Alert::ringtone, none);
  const auto ringback = sound->alert(Alert::ringback, none);
  ASSERT_TRUE(eventually([&] { return observer.find("mic") != nullptr; }));
  EXPECT_EQ(server_.pactl({"list", "short", "sink-inputs"}), "");
}

TEST_F(AlertSound, TheDeviceTestHearsItsOwnTone) {
  const auto sound = make(plain_options(server_.address()));
  const auto result = run_test(*sound, microphone(""), loudspeaker("room"));
  ASSERT_TRUE(result && *result);
  EXPECT_NEAR((*result)->peak_dbov, -14, 3);
  EXPECT_LT((*result)->rms_dbov, -14);
  EXPECT_EQ((*result)->message, "the microphone works; a tone was played on the loudspeaker");
}

TEST_F(AlertSound, AMutedMicrophoneIsSuspected) {
  server_.pactl({"set-source-mute", "mic", "1"});
  const auto sound = make(plain_options(server_.address()));
  const auto result = run_test(*sound, microphone("mic"), loudspeaker("room"));
  ASSERT_TRUE(result && *result);
  EXPECT_EQ((*result)->peak_dbov, -127);
  EXPECT_NE((*result)->message.find("is it muted?"), std::string::npos);
}

TEST_F(AlertSound, ADeviceThatIsNotThereIsNamed) {
  const auto sound = make(plain_options(server_.address()));
  const auto result = run_test(*sound, microphone("nobody"), {model::AudioSink::Kind::none, ""});
  ASSERT_TRUE(result && *result);
  EXPECT_NE((*result)->message.find("the microphone could not be opened"), std::string::npos)
      << (*result)->message;
}

TEST_F(AlertSound, NothingToTestIsRefused) {
  const auto sound = make(plain_options(server_.address()));
  const auto result = run_test(*sound, {model::AudioSource::Kind::none, 0, "", false},
                               {model::AudioSink::Kind::none, ""});
  ASSERT_TRUE(result);
  ASSERT_FALSE(*result);
  EXPECT_EQ(result->error().code, base::Code::invalid_argument);
}

TEST_F(AlertSound, WithoutAServerTheTestSaysSo) {
  server_.kill();
  const auto sound = make(plain_options(server_.address()));
  const auto result = run_test(*sound, microphone(""), loudspeaker(""));
  ASSERT_TRUE(result && *result);
  EXPECT_NE((*result)->message.find("no sound server"), std::string::npos);
}

}  // namespace
}  // namespace commd::gst
