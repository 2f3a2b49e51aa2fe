// What a person is told of sound devices, and when they are looked at at all.
#include "tests/unit/core/core_fixture.h"

namespace commd::core {
namespace {

class DeviceBookTest : public CallFixture {
 protected:
  std::vector<std::pair<std::string, std::string>> notices() const {
    std::vector<std::pair<std::string, std::string>> all;
    for (const model::Event& event : encoder.events)
      if (const auto* notice = std::get_if<model::Notice>(&event.body))
        all.emplace_back(notice->reason, notice->subject);
    return all;
  }
  using Notices = std::vector<std::pair<std::string, std::string>>;
  static constexpr auto microphone = model::Device::Kind::capture;
};

TEST_F(DeviceBookTest, NothingIsTouchedBeforeSomebodyNeedsIt) {
  EXPECT_EQ(media.device_watches, 0);
  PlaceCall silent;
  silent.address = "sip:bob@example.org";
  silent.capture = model::AudioSource{model::AudioSource::Kind::none, 0, "", false};
  silent.playback = model::AudioSink{model::AudioSink::Kind::none, ""};
  place(silent);
  EXPECT_EQ(media.device_watches, 0);
  place();
  place();
  core->devices().watch();
  EXPECT_EQ(media.device_watches, 1);
}

TEST_F(DeviceBookTest, AnAbsentServerIsToldToWhoMissesIt) {
  core->devices().watch();
  media.device_observer->sound_server(false, "no sound server answers");
  EXPECT_TRUE(notices().empty());
  EXPECT_TRUE(core->problems().empty());
  EXPECT_EQ(core->devices().message(), "no sound server answers");
  const model::Call call = place();
  EXPECT_EQ(notices(), (Notices{{"SOUND_SERVER_ABSENT", call.id.str()}}));
  EXPECT_EQ(core->problems(), std::vector<std::string>{"no sound server answers"});
}

TEST_F(DeviceBookTest, ACallThatCameFirstIsToldOnce) {
  const model::Call call = place();
  EXPECT_TRUE(notices().empty());
  media.device_observer->sound_server(false, "none");
  EXPECT_EQ(notices(), (Notices{{"SOUND_SERVER_ABSENT", call.id.str()}}));
  media.device_observer->sound_server(true, "it is there");
  EXPECT_EQ(notices().size(), 2U);
  EXPECT_TRUE(core->problems().empty());
  EXPECT_EQ(core->devices().message(), "");
}

TEST_F(DeviceBookTest, AServerThatDiesAndReturnsIsNews) {
  place();
  media.device_observer->sound_server(true, "there");
  EXPECT_TRUE(notices().empty());
  media.device_observer->sound_server(false, "gone");
  EXPECT_EQ(core->problems(), std::vector<std::string>{"gone"});
  media.device_observer->sound_server(true, "there");
  EXPECT_EQ(notices(), (Notices{{"SOUND_SERVER_LOST", ""}, {"SOUND_SERVER_FOUND", ""}}));
}

TEST_F(DeviceBookTest, ADeviceThatFailsIsAProblemUntilItWorks) {
  place();
  for (int i = 0; i < 2; ++i)
    media.device_observer->device_trouble(microphone, "headset", "No such entity");
  EXPECT_EQ(notices(), (Notices{{"AUDIO_DEVICE_FAILED", "pulse:headset"}}));
  ASSERT_EQ(core->problems().size(), 1U);
  EXPECT_NE(core->problems()[0].find("microphone pulse:headset"), std::string::npos);
  EXPECT_NE(core->problems()[0].find("No such entity"), std::string::npos);
  media.device_observer->device_trouble(microphone, "headset", "");
  EXPECT_TRUE(core->problems().empty());
}

TEST_F(DeviceBookTest, TheListWaitsForAServerThatAnswers) {
  media.hold_devices = true;
  std::optional<std::vector<model::Device>> listed;
  core->devices().list([&](auto devices) { listed = std::move(devices); });
  EXPECT_FALSE(listed);
  media.known_devices = {{"mic", "Microphone", microphone, true, false}};
  media.waiting_devices.front()();
  ASSERT_TRUE(listed);
  EXPECT_EQ(listed->size(), 1U);
  EXPECT_EQ(timers.armed(), 0U);
}

TEST_F(DeviceBookTest, TheListDoesNotWaitForAServerThatHangs) {
  media.hold_devices = true;
  int times = 0;
  core->devices().list([&](const auto&) { ++times; });
  timers.advance(std::chrono::seconds(2));
  EXPECT_EQ(times, 1);
  media.waiting_devices.front()();
  EXPECT_EQ(times, 1);
}

}  // namespace
}  // namespace commd::core
