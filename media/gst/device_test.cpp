#include "media/gst/device_test.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace commd::gst {
namespace {

constexpr double full_scale = 32'768;
constexpr double silence_dbov = -127;
// The noise of any open microphone is above the first.
constexpr double dead_dbov = -84;
constexpr double faint_dbov = -40;
constexpr double clipping_dbov = -0.1;

double decibels(double ratio) {
  return ratio <= 0 ? silence_dbov : std::max(silence_dbov, 20 * std::log10(ratio));
}

std::string about_capture(const TestOutcome& outcome) {
  if (!outcome.capture_error.empty())
    return "the microphone could not be opened: " + outcome.capture_error;
  if (outcome.samples == 0) return "the microphone delivered nothing";
  if (outcome.peak_dbov < dead_dbov) return "the microphone delivered only silence: is it muted?";
  if (outcome.peak_dbov < faint_dbov)
    return "the microphone works, but was very quiet: speak during the test, or raise its volume";
  if (outcome.peak_dbov > clipping_dbov) return "the microphone is overdriven: lower its volume";
  return "the microphone works";
}

std::string about_playback(const TestOutcome& outcome) {
  if (!outcome.playback_error.empty())
    return "the loudspeaker could not be opened: " + outcome.playback_error;
  return "a tone was played on the loudspeaker";
}

}  // namespace

void CaptureMeter::captured(std::span<const int16_t> samples) {
  if (begun_ && !samples.empty()) std::exchange(begun_, nullptr)();
  samples_ += samples.size();
  for (const int16_t sample : samples) {
    peak_ = std::max(peak_, std::abs(int32_t{sample}));
    energy_ += static_cast<double>(sample) * sample;
  }
}

double CaptureMeter::peak_dbov() const { return decibels(peak_ / full_scale); }

double CaptureMeter::rms_dbov() const {
  if (samples_ == 0) return silence_dbov;
  return decibels(std::sqrt(energy_ / static_cast<double>(samples_)) / full_scale);
}

ports::MediaEngine::DeviceTest conclude(const TestOutcome& outcome) {
  ports::MediaEngine::DeviceTest result;
  result.peak_dbov = outcome.peak_dbov;
  result.rms_dbov = outcome.rms_dbov;
  if (!outcome.sound_system) {
    result.message = outcome.server_message;
    return result;
  }
  if (outcome.capture_wanted) result.message = about_capture(outcome);
  if (outcome.playback_wanted) {
    if (!result.message.empty()) result.message += "; ";
    result.message += about_playback(outcome);
  }
  return result;
}

}  // namespace commd::gst
