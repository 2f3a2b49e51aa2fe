#include "media/gst/device_test.h"

#include <gmock/gmock.h>

#include <array>

namespace commd::gst {
namespace {

using testing::HasSubstr;

TestOutcome heard(double peak) {
  TestOutcome outcome;
  outcome.capture_wanted = true;
  outcome.samples = 48'000;
  outcome.peak_dbov = peak;
  return outcome;
}

TEST(DeviceTest, SaysWhatTheMicrophoneDid) {
  EXPECT_EQ(conclude(heard(-20)).message, "the microphone works");
  EXPECT_THAT(conclude(heard(-127)).message, HasSubstr("is it muted?"));
  EXPECT_THAT(conclude(heard(-50)).message, HasSubstr("very quiet"));
  EXPECT_THAT(conclude(heard(0)).message, HasSubstr("overdriven"));
  TestOutcome nothing = heard(-127);
  nothing.samples = 0;
  EXPECT_EQ(conclude(nothing).message, "the microphone delivered nothing");
  nothing.capture_error = "No such entity";
  EXPECT_THAT(conclude(nothing).message, HasSubstr("No such entity"));
}

TEST(DeviceTest, SaysWhatTheLoudspeakerDid) {
  TestOutcome outcome;
  outcome.playback_wanted = true;
  EXPECT_EQ(conclude(outcome).message, "a tone was played on the loudspeaker");
  outcome.playback_error = "busy";
  EXPECT_EQ(conclude(outcome).message, "the loudspeaker could not be opened: busy");
  outcome.sound_system = false;
  outcome.server_message = "no sound server answers";
  EXPECT_EQ(conclude(outcome).message, "no sound server answers");
}

TEST(CaptureMeter, MeasuresPeakAndPower) {
  int begun = 0;
  CaptureMeter meter([&] { ++begun; });
  EXPECT_EQ(meter.peak_dbov(), -127);
  EXPECT_EQ(meter.rms_dbov(), -127);
  const std::array<int16_t, 4> square{16'384, -16'384, 16'384, -16'384};
  meter.captured(square);
  EXPECT_NEAR(meter.peak_dbov(), -6.02, 0.01);
  EXPECT_NEAR(meter.rms_dbov(), -6.02, 0.01);
  const std::array<int16_t, 1> lowest{INT16_MIN};
  meter.captured(lowest);
  EXPECT_EQ(meter.peak_dbov(), 0);
  EXPECT_EQ(begun, 1);
}

}  // namespace
}  // namespace commd::gst
