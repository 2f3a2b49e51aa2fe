// The frames of a Speex payload (RFC 5574): a check of what a stranger sent, and
// the cut into single frames, which is all that the decoder takes at a time.
//
// The decoder itself prints to standard error on a malformed stream and cannot be
// told not to, so it sees only what passed here. Pure functions; any thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace commd::codec {

// 120 ms of the 20 ms frames.
inline constexpr size_t max_speex_frames = 6;

struct SpeexFrame {
  size_t first_bit = 0;
  size_t bits = 0;
};

struct SpeexFrames {
  std::array<SpeexFrame, max_speex_frames> frames{};
  size_t count = 0;
};

// Empty unless `payload` is one to six whole frames, each a narrowband part with
// up to two wideband layers (a decoder of less bandwidth skips them), then
// nothing but padding. In-band requests are refused, no known peer sends them.
std::optional<SpeexFrames> parse_speex(std::span<const uint8_t> payload);

// Writes one frame to `out`, padded to whole octets with the terminator of RFC
// 5574, 3.3; its size, or 0 where `out` is too small.
size_t extract_speex_frame(std::span<const uint8_t> payload, const SpeexFrame& frame,
                           std::span<uint8_t> out);

// The stream header that the decoder wants first.
inline constexpr size_t speex_header_size = 80;
std::array<uint8_t, speex_header_size> make_speex_header(uint32_t sample_rate);

}  // namespace commd::codec
