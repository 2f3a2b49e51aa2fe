// What a device pipeline takes its samples to and from: 48 kHz mono, called on
// GStreamer's streaming thread. Nothing here may block.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace commd::gst {

constexpr uint32_t device_rate = 48'000;            // Hz
constexpr size_t device_block = device_rate / 100;  // samples, 10 ms

class CaptureSink {
 public:
  virtual ~CaptureSink() = default;
  // Any number of samples.
  virtual void captured(std::span<const int16_t> samples) = 0;
};

class PlaybackSource {
 public:
  virtual ~PlaybackSource() = default;
  // Fills all of it.
  virtual void render(std::span<int16_t> samples) = 0;
};

}  // namespace commd::gst
