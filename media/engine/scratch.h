// Buffers that the sessions of one worker share, since only one of them runs at a
// time: what one call leaves here is garbage to the next. Worker thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "media/mixer/mixer.h"

namespace commd::engine {

struct Scratch {
  // A UDP datagram of more than this is no audio packet; one octet more than is
  // accepted, so that a cut datagram is known by its length.
  static constexpr size_t max_datagram = 2048;

  // Datagrams read at once.
  static constexpr size_t batch = 8;
  // For the kernel's time stamp of one datagram, with its header.
  static constexpr size_t control_size = 64;

  struct Received {
    alignas(8) std::array<uint8_t, max_datagram + 1> octets{};
    alignas(8) std::array<uint8_t, control_size> control{};
  };
  std::array<Received, batch> received{};
  alignas(8) std::array<uint8_t, max_datagram> sent{};
  std::array<uint8_t, 1500> payload{};
  mixer::MixBuffers mix;
};

}  // namespace commd::engine
