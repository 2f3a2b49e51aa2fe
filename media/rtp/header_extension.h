// RTP header extensions in their one-byte and two-byte forms (RFC 8285), and the
// client-to-mixer audio level (RFC 6464). Values without ownership; any thread.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>

#include "media/rtp/packet.h"

namespace commd::rtp {

struct HeaderExtension {
  uint8_t id = 0;  // 1..14 (one-byte form) or 1..255, as negotiated by extmap
  std::span<const uint8_t> data;
};

// Walks the extensions of one packet in order. An element that runs past the end
// ends the walk; an unknown profile gives nothing.
class HeaderExtensionReader {
 public:
  explicit HeaderExtensionReader(const RtpPacketView& packet) noexcept;
  std::optional<HeaderExtension> next() noexcept;

 private:
  enum class Form { none, one_byte, two_byte };
  Form form_ = Form::none;
  std::span<const uint8_t> rest_;
};

// The first extension with this id.
std::optional<std::span<const uint8_t>> find_header_extension(const RtpPacketView& packet,
                                                              uint8_t id) noexcept;

// Gathers extensions and encodes them in the shorter form that holds them all.
class HeaderExtensionWriter {
 public:
  static constexpr size_t max_block_size = 128;
  static constexpr size_t max_elements = 8;

  // False when the id is 0, the data is longer than 255 bytes or the block is
  // full; the block is then unchanged. `data` must live until block() is called.
  bool add(uint8_t id, std::span<const uint8_t> data) noexcept;
  // The whole block with its four-byte head, padded to 32 bits; empty without
  // elements. Valid until the writer changes.
  std::span<const uint8_t> block() noexcept;
  void clear() noexcept;

 private:
  std::array<HeaderExtension, max_elements> elements_;
  size_t count_ = 0;
  size_t data_bytes_ = 0;
  bool needs_two_bytes_ = false;
  std::array<uint8_t, max_block_size> bytes_{};
};

// RFC 6464: how loud the audio of this packet is.
struct AudioLevel {
  bool voice = false;         // the sender believes that it is speech
  uint8_t attenuation = 127;  // 0..127: -dBov, 0 is the loudest, 127 silence
};

std::optional<AudioLevel> parse_audio_level(std::span<const uint8_t> data) noexcept;
uint8_t encode_audio_level(AudioLevel level) noexcept;

}  // namespace commd::rtp
