// Ogg/Opus recordings, judged by decoding them again.
#include <sys/stat.h>

#include "tests/unit/gst/sound_fixture.h"

namespace commd::gst {
namespace {

class Recording : public SoundTest {
 protected:
  using Opened = base::Result<std::shared_ptr<engine::RingEndpoint>>;

  Opened open(SoundSystem& sound, const std::string& path, uint32_t rate) {
    std::optional<Opened> result;
    sound.open(path, rate, [&](Opened opened) { result = std::move(opened); });
    EXPECT_TRUE(eventually([&] { return result.has_value(); }));
    return *result;
  }
  // Left: 440 Hz, right: 880 Hz.
  static void speak(std::shared_ptr<engine::RingEndpoint> endpoint, uint32_t rate,
                    unsigned frames) {
    engine::StereoRecorder recorder(std::move(endpoint));
    engine::ToneInput left(440);
    engine::ToneInput right(880);
    std::vector<int16_t> one(rate / 50);
    std::vector<int16_t> other(rate / 50);
    for (unsigned i = 0; i < frames; ++i) {
      left.pull(one);
      right.pull(other);
      recorder.write(one, other, rate);
    }
  }
  // The samples of one channel at 48 kHz.
  std::vector<int16_t> decode(const std::string& path, unsigned channel) const {
    const std::string raw = (folder_ / "raw").string();
    run_program({"opusdec", "--quiet", "--no-dither", "--rate", "48000", path, raw},
                {"HOME=" + folder_.path().string()});
    const std::string bytes = test::read_file(raw);
    std::vector<int16_t> samples(bytes.size() / 2);
    std::memcpy(samples.data(), bytes.data(), samples.size() * 2);
    std::vector<int16_t> result;
    for (size_t i = channel; i < samples.size(); i += 2) result.push_back(samples[i]);
    return result;
  }
  std::string nowhere() const { return "unix:" + (folder_ / "none").string(); }

  test::TempFolder folder_;
};

constexpr double tone_peak = 14'650;  // of ToneInput

TEST_F(Recording, IsWholeWhenTheSystemEnds) {
  const std::string path = (folder_ / "call.ogg").string();
  auto sound = make(plain_options(nowhere()));
  auto endpoint = open(*sound, path, 48'000);
  ASSERT_TRUE(endpoint);
  EXPECT_EQ((*endpoint)->sample_rate(), 48'000U);
  speak(std::move(*endpoint), 48'000, 100);
  endpoint = nullptr;
  sound.reset();
  struct stat status {};
  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600U);
  const auto left = decode(path, 0);
  const auto right = decode(path, 1);
  ASSERT_NEAR(static_cast<double>(left.size()), 96'000, 1'000);
  const auto middle = [](const std::vector<int16_t>& samples) {
    return std::span(samples).subspan(24'000, 48'000);
  };
  EXPECT_NEAR(codec::tone_amplitude(middle(left), 48'000, 440), tone_peak, 1'500);
  EXPECT_NEAR(codec::tone_amplitude(middle(right), 48'000, 880), tone_peak, 1'500);
  EXPECT_LT(codec::tone_amplitude(middle(left), 48'000, 880), 300);
}

TEST_F(Recording, IsFinishedWhenItsEndpointGoes) {
  const std::string path = (folder_ / "call.ogg").string();
  auto sound = make(plain_options(nowhere()));
  auto endpoint = open(*sound, path, 16'000);
  ASSERT_TRUE(endpoint);
  speak(std::move(*endpoint), 16'000, 50);
  endpoint = nullptr;
  // Another one in the meantime is of no harm.
  auto second = open(*sound, (folder_ / "second.ogg").string(), 8'000);
  ASSERT_TRUE(second);
  second = nullptr;
  sound.reset();
  EXPECT_NEAR(static_cast<double>(decode(path, 0).size()), 48'000, 1'000);
}

TEST_F(Recording, ABadPathIsAnError) {
  auto sound = make(plain_options(nowhere()));
  auto missing = open(*sound, (folder_ / "no" / "call.ogg").string(), 48'000);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, base::Code::not_found);
  std::filesystem::create_symlink(folder_ / "elsewhere", folder_ / "link.ogg");
  auto link = open(*sound, (folder_ / "link.ogg").string(), 48'000);
  ASSERT_FALSE(link);
  EXPECT_EQ(link.error().code, base::Code::permission_denied);
}

TEST_F(Recording, AFullDiskEndsTheRecordingAndNothingElse) {
  auto sound = make(plain_options(nowhere()));
  // Regular files alone are recorded to: a device is refused.
  auto full = open(*sound, "/dev/full", 48'000);
  ASSERT_FALSE(full);
  EXPECT_EQ(full.error().code, base::Code::permission_denied);
}

}  // namespace
}  // namespace commd::gst
