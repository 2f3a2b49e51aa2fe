// Sound servers that are absent, die, return and hang; devices that come and go.
#include <gst/gst.h>

#include <map>
#include <optional>

#include "tests/unit/gst/sound_fixture.h"

namespace commd::gst {
namespace {

class ServerLoss : public SoundTest {
 protected:
  PulseServer server_;
  RecordingObserver observer_;
};

TEST_F(ServerLoss, DevicesAreListedWithDefaultsAndMonitors) {
  const auto sound = make(plain_options(server_.address()));
  sound->watch(observer_);
  ASSERT_TRUE(eventually([&] { return observer_.find("mic") != nullptr; }));
  EXPECT_TRUE(observer_.present());
  using Kind = model::Device::Kind;
  EXPECT_EQ(*observer_.find("mic"),
            (model::Device{"mic", "Microphone", Kind::capture, true, false}));
  EXPECT_EQ(*observer_.find("speakers"),
            (model::Device{"speakers", "speakers", Kind::playback, true, false}));
  ASSERT_NE(observer_.find("room.monitor"), nullptr);
  EXPECT_TRUE(observer_.find("room.monitor")->is_monitor);
  EXPECT_FALSE(observer_.find("room")->is_default);
  EXPECT_EQ(sound->devices().size(), observer_.devices.size());
  RecordingObserver late;
  sound->watch(late);
  EXPECT_TRUE(eventually([&] { return late.devices.size() == observer_.devices.size(); }));
  EXPECT_TRUE(late.present());
}

TEST_F(ServerLoss, DevicesComeAndGo) {
  const auto sound = make(plain_options(server_.address()));
  sound->watch(observer_);
  ASSERT_TRUE(eventually([&] { return observer_.find("mic") != nullptr; }));
  std::string module =
      server_.pactl({"load-module", "module-null-sink", "sink_name=headset", "rate=48000"});
  EXPECT_TRUE(eventually([&] { return observer_.find("headset") != nullptr; }));
  server_.pactl({"set-default-sink", "headset"});
  EXPECT_TRUE(eventually([&] {
    return observer_.find("headset")->is_default && !observer_.find("speakers")->is_default;
  }));
  module.erase(module.find_last_not_of("\n") + 1);
  server_.pactl({"unload-module", module});
  EXPECT_TRUE(eventually([&] { return observer_.find("headset") == nullptr; }));
  EXPECT_EQ(observer_.server.size(), 1U);
}

TEST_F(ServerLoss, ANamedDeviceIsTakenUpWhenItComes) {
  const auto sound = make(plain_options(server_.address()));
  const auto talk = call(sound->open_capture("headset.monitor", call_rate),
                         sound->open_playback("headset", call_rate), 800);
  sound->watch(observer_);
  ASSERT_TRUE(eventually([&] { return observer_.find("mic") != nullptr; }));
  ASSERT_TRUE(eventually([&] { return talk->heard_ms() > 200; }));
  EXPECT_EQ(talk->level_dbov(200), -127);
  server_.pactl({"load-module", "module-null-sink", "sink_name=headset", "rate=48000"});
  EXPECT_TRUE(eventually([&] { return talk->hears(800); }));
}

TEST_F(ServerLoss, ACallOutlivesTheServerAndIsHeardAgain) {
  const auto sound = make(plain_options(server_.address()));
  sound->watch(observer_);
  const auto talk = call(sound->open_capture("speakers.monitor", call_rate),
                         sound->open_playback("", call_rate), 600);
  ASSERT_TRUE(eventually([&] { return talk->hears(600); }));
  server_.kill();
  EXPECT_TRUE(eventually([&] { return observer_.server.size() == 2; }));
  EXPECT_FALSE(observer_.present());
  EXPECT_NE(observer_.server.back().second.find("no sound server"), std::string::npos);
  EXPECT_TRUE(eventually([&] { return sound->devices().empty(); }));
  EXPECT_TRUE(eventually([&] { return talk->level_dbov(500) == -127; }));
  server_.start();
  EXPECT_TRUE(eventually([&] { return talk->hears(600); }));
  EXPECT_EQ(observer_.server.size(), 3U);
  EXPECT_TRUE(observer_.present());
}

TEST_F(ServerLoss, AServerThatReturnsIsNoticedWithoutACall) {
  const auto sound = make(plain_options(server_.address()));
  sound->watch(observer_);
  ASSERT_TRUE(eventually([&] { return observer_.present(); }));
  server_.stop();
  ASSERT_TRUE(eventually([&] { return observer_.server.size() == 2; }));
  EXPECT_TRUE(observer_.devices.empty());
  server_.start();
  EXPECT_TRUE(eventually([&] { return observer_.find("mic") != nullptr; }));
  EXPECT_EQ(observer_.server.size(), 3U);
}

TEST_F(ServerLoss, ManyDeathsAreSurvived) {
  const auto sound = make(plain_options(server_.address()));
  const auto talk = call(sound->open_capture("speakers.monitor", call_rate),
                         sound->open_playback("", call_rate), 600);
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(eventually([&] { return talk->hears(600); })) << "after " << i << " deaths";
    server_.kill();
    ASSERT_TRUE(eventually([&] { return talk->level_dbov(500) == -127; }));
    server_.start();
  }
  EXPECT_TRUE(eventually([&] { return talk->hears(600); }));
}

TEST_F(ServerLoss, AServerThatHangsIsSilenceAndGoesOn) {
  const auto sound = make(plain_options(server_.address()));
  const auto talk = call(sound->open_capture("speakers.monitor", call_rate),
                         sound->open_playback("", call_rate), 600);
  ASSERT_TRUE(eventually([&] { return talk->hears(600); }));
  server_.freeze();
  ASSERT_TRUE(eventually([&] { return talk->level_dbov(500) == -127; }));
  server_.thaw();
  EXPECT_TRUE(eventually([&] { return talk->hears(600); }));
}

TEST_F(ServerLoss, AServerThatHangsDoesNotKeepUsFromEnding) {
  auto sound = make(plain_options(server_.address()));
  auto talk = call(sound->open_capture("speakers.monitor", call_rate),
                   sound->open_playback("", call_rate), 600);
  ASSERT_TRUE(eventually([&] { return talk->hears(600); }));
  server_.freeze();
  const auto before = std::chrono::steady_clock::now();
  talk.reset();
  sound.reset();
  EXPECT_LT(std::chrono::steady_clock::now() - before, std::chrono::seconds(2));
}

TEST_F(ServerLoss, AMissingDeviceIsTroubleAsLongAsItIsWanted) {
  const auto sound = make(plain_options(server_.address()));
  sound->watch(observer_);
  auto capture = sound->open_capture("headset.monitor", call_rate);
  ASSERT_TRUE(eventually([&] { return !observer_.troubles.empty(); }));
  EXPECT_EQ(observer_.troubles[0].first, "headset.monitor");
  EXPECT_NE(observer_.troubles[0].second, "");
  capture.reset();
  ASSERT_TRUE(eventually([&] { return observer_.troubles.size() == 2; }));
  EXPECT_EQ(observer_.troubles[1], std::pair(std::string("headset.monitor"), std::string()));
}

TEST_F(ServerLoss, ADeadServerIsNoTroubleOfItsDevices) {
  const auto sound = make(plain_options(server_.address()));
  sound->watch(observer_);
  const auto talk = call(sound->open_capture("speakers.monitor", call_rate),
                         sound->open_playback("", call_rate), 600);
  ASSERT_TRUE(eventually([&] { return talk->hears(600); }));
  server_.kill();
  ASSERT_TRUE(eventually([&] { return observer_.server.size() == 2; }));
  server_.start();
  ASSERT_TRUE(eventually([&] { return talk->hears(600); }));
  EXPECT_TRUE(observer_.troubles.empty());
}

TEST_F(ServerLoss, NamesAreLookedUpOnceTheServerHasAnswered) {
  const auto sound = make(plain_options(server_.address()));
  std::map<std::string, base::Result<void>> found;
  const auto ask = [&](const std::string& source, const std::string& sink) {
    sound->check(
        {model::AudioSource::Kind::device, 0, source, false},
        {model::AudioSink::Kind::device, sink},
        [&found, source](base::Result<void> result) { found.emplace(source, std::move(result)); });
  };
  ask("mic", "room");
  ask("mike", "");
  ask("", "nowhere");
  ASSERT_TRUE(eventually([&] { return found.size() == 3; }));
  EXPECT_TRUE(found.at("mic"));
  ASSERT_FALSE(found.at("mike"));
  EXPECT_EQ(found.at("mike").error().details.at("field"), "capture");
  EXPECT_NE(found.at("mike").error().message.find("pulse:mic"), std::string::npos);
  ASSERT_FALSE(found.at(""));
  EXPECT_EQ(found.at("").error().details.at("field"), "playback");
}

TEST_F(ServerLoss, TheListIsCompleteWhenItIsKnown) {
  const auto sound = make(plain_options(server_.address()));
  size_t devices = 0;
  sound->when_known([&] { devices = sound->devices().size(); });
  EXPECT_TRUE(eventually([&] { return devices > 0; }));
  EXPECT_EQ(devices, sound->devices().size());
}

TEST_F(ServerLoss, AServerThatHangsIsLetGoInAHurry) {
  const auto sound = make(plain_options(server_.address()));
  std::optional<base::Result<ports::MediaEngine::DeviceTest>> result;
  const auto talk = call(sound->open_capture("speakers.monitor", call_rate),
                         sound->open_playback("", call_rate), 600);
  ASSERT_TRUE(eventually([&] { return talk->hears(600); }));
  server_.freeze();
  sound->test({}, {}, 30, [&](auto tested) { result = std::move(tested); });
  sound->close();
  // Who waits is told before anything is destroyed.
  for (int i = 0; i < 100 && !result; ++i) {
    sound->hurry();
    core_.run_until([&] { return result.has_value(); }, std::chrono::milliseconds(100));
  }
  ASSERT_TRUE(result);
  EXPECT_EQ(result->error().reason, "SHUTTING_DOWN");
}

class NoServer : public SoundTest {
 protected:
  std::string nowhere() const { return "unix:" + (folder_ / "none").string(); }
  test::TempFolder folder_;
};

TEST_F(NoServer, IsToldInWordsAndNeverAnError) {
  const auto sound = make(plain_options(nowhere()));
  RecordingObserver observer;
  sound->watch(observer);
  ASSERT_TRUE(eventually([&] { return !observer.server.empty(); }));
  EXPECT_FALSE(observer.present());
  EXPECT_NE(observer.server[0].second.find("PulseAudio or PipeWire"), std::string::npos);
  EXPECT_TRUE(sound->devices().empty());
  const auto talk =
      call(sound->open_capture("", call_rate), sound->open_playback("", call_rate), 600);
  EXPECT_TRUE(eventually([&] { return talk->heard_ms() > 1'000; }));
  EXPECT_EQ(talk->level_dbov(900), -127);
  const auto alert = sound->alert(ports::MediaEngine::Alert::ringtone, {});
  EXPECT_NE(alert, nullptr);
  EXPECT_EQ(observer.server.size(), 1U);
}

TEST_F(NoServer, NamesPassAndTheListIsEmpty) {
  const auto sound = make(plain_options(nowhere()));
  std::optional<base::Result<void>> named;
  bool known = false;
  sound->check({model::AudioSource::Kind::device, 0, "headset", false}, {},
               [&](base::Result<void> result) { named = std::move(result); });
  sound->when_known([&] { known = true; });
  ASSERT_TRUE(eventually([&] { return named && known; }));
  EXPECT_TRUE(*named);
}

// It would cost every process without devices some ten megabytes.
TEST_F(NoServer, GStreamerIsLeftAlone) {
  if (!test::read_file("/proc/asound/pcm").empty()) GTEST_SKIP() << "there is a sound card";
  if (gst_is_initialized() == TRUE) GTEST_SKIP() << "another test of this process has used it";
  const auto sound = make(plain_options(nowhere()));
  const auto talk =
      call(sound->open_capture("", call_rate), sound->open_playback("", call_rate), 600);
  const auto alert = sound->alert(ports::MediaEngine::Alert::ringtone, {});
  RecordingObserver observer;
  sound->watch(observer);
  ASSERT_TRUE(eventually([&] { return !observer.server.empty() && talk->heard_ms() > 100; }));
  EXPECT_FALSE(gst_is_initialized());
}

TEST_F(NoServer, UnusedItHasNoThread) {
  const auto sound = make(plain_options(nowhere()));
  for (const auto& task : std::filesystem::directory_iterator("/proc/self/task"))
    EXPECT_NE(test::read_file(task.path() / "comm"), "sound\n");
  EXPECT_TRUE(sound->devices().empty());
}

TEST_F(NoServer, MayEndAtAnyMoment) {
  for (int i = 0; i < 20; ++i) {
    const auto sound = make(plain_options(nowhere()));
    const auto playback = sound->open_playback("", call_rate);
    const auto alert = sound->alert(ports::MediaEngine::Alert::ringback, {});
  }
}

}  // namespace
}  // namespace commd::gst
