#include "media/codec/g711.h"

#include <algorithm>
#include <array>
#include <bit>

namespace commd::codec {

namespace {

// Mu-law works on 14 bits with a bias, so that a segment's edge is a power of two.
constexpr int ulaw_bias = 0x84;
constexpr int ulaw_clip = 32'635;

constexpr int16_t expand_ulaw(uint8_t code) {
  const int inverted = ~code & 0xff;
  const int segment = inverted >> 4 & 7;
  const int magnitude = (((inverted & 0x0f) << 3) + ulaw_bias) << segment;
  const int value = magnitude - ulaw_bias;
  return static_cast<int16_t>((inverted & 0x80) != 0 ? -value : value);
}

// A-law inverts every other bit on the line.
constexpr int alaw_toggle = 0x55;

constexpr int16_t expand_alaw(uint8_t code) {
  const int plain = code ^ alaw_toggle;
  const int segment = plain >> 4 & 7;
  int magnitude = ((plain & 0x0f) << 4) + 8;
  if (segment > 0) magnitude = (magnitude + 0x100) << (segment - 1);
  return static_cast<int16_t>((plain & 0x80) != 0 ? magnitude : -magnitude);
}

template <class Expand>
constexpr std::array<int16_t, 256> make_table(Expand expand) {
  std::array<int16_t, 256> table{};
  for (size_t code = 0; code < table.size(); ++code) {
    table[code] = expand(static_cast<uint8_t>(code));
  }
  return table;
}

constexpr auto ulaw_table = make_table(expand_ulaw);
constexpr auto alaw_table = make_table(expand_alaw);

}  // namespace

uint8_t encode_ulaw(int16_t sample) {
  const int sign = sample < 0 ? 0x80 : 0;
  const int magnitude = std::min(sign != 0 ? -static_cast<int>(sample) : sample, ulaw_clip);
  const auto biased = static_cast<unsigned>(magnitude + ulaw_bias);
  const int segment = static_cast<int>(std::bit_width(biased)) - 8;
  const int mantissa = static_cast<int>(biased >> (segment + 3)) & 0x0f;
  return static_cast<uint8_t>(~(sign | segment << 4 | mantissa));
}

uint8_t encode_alaw(int16_t sample) {
  const int sign = sample < 0 ? 0 : 0x80;
  // One's complement for negative samples, as the standard's reference code has it.
  const auto magnitude = static_cast<unsigned>(sign != 0 ? sample : ~static_cast<int>(sample));
  const int segment = std::max(0, static_cast<int>(std::bit_width(magnitude)) - 8);
  const int shift = segment == 0 ? 4 : segment + 3;
  const int mantissa = static_cast<int>(magnitude >> shift) & 0x0f;
  return static_cast<uint8_t>((sign | segment << 4 | mantissa) ^ alaw_toggle);
}

int16_t decode_ulaw(uint8_t code) { return ulaw_table[code]; }

int16_t decode_alaw(uint8_t code) { return alaw_table[code]; }

}  // namespace commd::codec
