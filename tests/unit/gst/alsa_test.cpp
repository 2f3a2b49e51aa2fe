// Where no sound server runs ALSA is used. There is no card where tests run, so the
// pipelines are proved on ALSA's null device.
#include <gst/gst.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <future>

#include "media/gst/device_pipeline.h"
#include "tests/support/temp_folder.h"

namespace commd::gst {
namespace {

constexpr auto limit = std::chrono::seconds(20);

// Tells when it was asked for, or given, a number of samples.
class Counter : public CaptureSink, public PlaybackSource {
 public:
  void captured(std::span<const int16_t> samples) override { count(samples.size()); }
  void render(std::span<int16_t> samples) override {
    std::ranges::fill(samples, int16_t{0});
    count(samples.size());
  }
  std::future<void> enough() { return enough_.get_future(); }

 private:
  void count(size_t samples) {
    const bool before = total_ < wanted;
    total_ += samples;
    if (before && total_ >= wanted) enough_.set_value();
  }

  static constexpr size_t wanted = device_rate / 10;
  size_t total_ = 0;
  std::promise<void> enough_;
};

class Alsa : public testing::Test {
 protected:
  void SetUp() override {
    test::write_file(folder_ / "asound.conf", "pcm.!default { type null }\n");
    ::setenv("ALSA_CONFIG_PATH", (folder_ / "asound.conf").c_str(), 1);
    gst_init(nullptr, nullptr);
    ASSERT_TRUE(loop_.start());
  }
  // Opens by `open` on the loop and waits until samples have flowed.
  template <class Open>
  void expect_flow(Open open) {
    auto counter = std::make_shared<Counter>();
    auto enough = counter->enough();
    std::promise<std::string> opened;
    std::unique_ptr<DevicePipeline> pipeline;
    loop_.post([&] {
      auto result = open(counter);
      opened.set_value(result ? "" : result.error().message);
      if (result) pipeline = std::move(*result);
    });
    ASSERT_EQ(opened.get_future().get(), "");
    EXPECT_EQ(enough.wait_for(limit), std::future_status::ready);
    std::promise<void> closed;
    loop_.post([&] {
      pipeline.reset();
      closed.set_value();
    });
    closed.get_future().get();
  }

  test::TempFolder folder_;
  loop::GlibLoop loop_{"glib-test"};
  DeviceSpec spec_{Backend::alsa, "", "", "Call", "phone"};
};

TEST_F(Alsa, Plays) {
  expect_flow([this](const auto& counter) {
    return DevicePipeline::playback(loop_, spec_, nullptr, counter, [](const base::Error&) {});
  });
}

TEST_F(Alsa, Captures) {
  expect_flow([this](const auto& counter) {
    return DevicePipeline::capture(loop_, spec_, {"", true, true}, counter,
                                   [](const base::Error&) {});
  });
}

TEST_F(Alsa, ADeviceThatIsNotThereIsAnError) {
  spec_.device = "nobody";
  std::promise<std::string> opened;
  loop_.post([&] {
    auto result = DevicePipeline::playback(loop_, spec_, nullptr, std::make_shared<Counter>(),
                                           [](const base::Error&) {});
    opened.set_value(result ? "" : result.error().reason);
  });
  EXPECT_EQ(opened.get_future().get(), "AUDIO_DEVICE_FAILED");
}

}  // namespace
}  // namespace commd::gst
