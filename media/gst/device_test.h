// `device test`: what a microphone delivered, and what that says to a person. Plain
// code; the streams belong to AudioRouter.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <utility>

#include "daemon/ports/media_engine.h"
#include "media/gst/feeds.h"

namespace commd::gst {

// Measures what it is given. captured() on the streaming thread; the figures when that
// has ended.
class CaptureMeter : public CaptureSink {
 public:
  // `begun` (may be empty) is called with the first samples, on the streaming thread: some
  // devices take seconds to wake up.
  explicit CaptureMeter(std::function<void()> begun) : begun_(std::move(begun)) {}
  void captured(std::span<const int16_t> samples) override;

  size_t samples() const { return samples_; }
  double peak_dbov() const;
  double rms_dbov() const;

 private:
  std::function<void()> begun_;
  size_t samples_ = 0;
  int32_t peak_ = 0;
  double energy_ = 0;
};

struct TestOutcome {
  // False, and `server_message` says so: nothing could be tested.
  bool sound_system = true;
  std::string server_message;
  bool capture_wanted = false;
  bool playback_wanted = false;
  // Empty: it ran.
  std::string capture_error;
  std::string playback_error;
  size_t samples = 0;  // captured
  double peak_dbov = -127;
  double rms_dbov = -127;
};

// Levels and a sentence for each end that was tested.
ports::MediaEngine::DeviceTest conclude(const TestOutcome& outcome);

}  // namespace commd::gst
