#include "media/codec/speex_frames.h"

#include <algorithm>
#include <string_view>

namespace commd::codec {

namespace {

// Bits of a frame by its mode, the mode's own included; 0: no such mode (the Speex
// manual, tables 9.2 and 10.2). Modes 13 and 14 are in-band requests.
constexpr std::array<size_t, 16> narrowband_bits{5,  43, 119, 160, 220, 300, 364, 492,
                                                 79, 0,  0,   0,   0,   0,   0,   0};
constexpr std::array<size_t, 8> wideband_bits{4, 36, 112, 192, 352, 0, 0, 0};
// The second layer, of 32 kHz, has one mode beside silence.
constexpr std::array<size_t, 8> ultra_wideband_bits{4, 36, 0, 0, 0, 0, 0, 0};
constexpr size_t terminator = 15;
constexpr size_t narrowband_header = 5;  // flag 0, then the mode
constexpr size_t layer_header = 4;       // flag 1, then the mode

class BitReader {
 public:
  explicit BitReader(std::span<const uint8_t> bytes) : bytes_(bytes) {}

  size_t left(size_t from) const { return bytes_.size() * 8 - from; }
  unsigned bit(size_t at) const { return bytes_[at / 8] >> (7 - at % 8) & 1u; }
  size_t number(size_t at, size_t bits) const {
    size_t value = 0;
    for (size_t i = 0; i < bits; ++i) value = value << 1 | bit(at + i);
    return value;
  }

 private:
  std::span<const uint8_t> bytes_;
};

// Bits of the wideband layers at `at`; empty if there is one that cannot be.
std::optional<size_t> layers_at(const BitReader& reader, size_t at) {
  size_t bits = 0;
  for (const auto* sizes : {&wideband_bits, &ultra_wideband_bits}) {
    const size_t here = at + bits;
    if (reader.left(here) < layer_header || reader.bit(here) == 0) return bits;
    const size_t size = (*sizes)[reader.number(here + 1, 3)];
    if (size == 0 || reader.left(here) < size) return std::nullopt;
    bits += size;
  }
  return bits;
}

void put_u32(uint8_t* at, uint32_t value) {
  for (int i = 0; i < 4; ++i) at[i] = static_cast<uint8_t>(value >> (8 * i));
}

}  // namespace

std::optional<SpeexFrames> parse_speex(std::span<const uint8_t> payload) {
  const BitReader reader(payload);
  SpeexFrames result;
  size_t at = 0;
  while (reader.left(at) >= narrowband_header) {
    if (reader.bit(at) != 0) return std::nullopt;
    const size_t mode = reader.number(at + 1, 4);
    if (mode == terminator) break;
    const size_t narrowband = narrowband_bits[mode];
    if (narrowband == 0 || reader.left(at) < narrowband) return std::nullopt;
    const auto layers = layers_at(reader, at + narrowband);
    if (!layers || result.count == max_speex_frames) return std::nullopt;
    result.frames[result.count++] = {at, narrowband + *layers};
    at += narrowband + *layers;
  }
  if (result.count == 0) return std::nullopt;
  return result;
}

size_t extract_speex_frame(std::span<const uint8_t> payload, const SpeexFrame& frame,
                           std::span<uint8_t> out) {
  const size_t size = (frame.bits + narrowband_header + 7) / 8;
  if (out.size() < size) return 0;
  const BitReader reader(payload);
  for (size_t i = 0; i < size * 8; ++i) {
    // The terminator is a zero and ones; so is its padding, without the zero.
    unsigned bit = i == frame.bits ? 0 : 1;
    if (i < frame.bits) bit = reader.bit(frame.first_bit + i);
    const auto mask = static_cast<uint8_t>(0x80u >> (i % 8));
    if (i % 8 == 0) out[i / 8] = 0;
    if (bit != 0) out[i / 8] |= mask;
  }
  return size;
}

// The layout of libspeex's SpeexHeader, little endian.
std::array<uint8_t, speex_header_size> make_speex_header(uint32_t sample_rate) {
  constexpr std::string_view magic = "Speex   1.2";
  std::array<uint8_t, speex_header_size> header{};
  std::copy(magic.begin(), magic.end(), header.begin());
  const uint32_t mode = sample_rate >= 32'000 ? 2 : sample_rate >= 16'000 ? 1 : 0;
  put_u32(&header[28], 1);                  // version
  put_u32(&header[32], speex_header_size);  //
  put_u32(&header[36], sample_rate);        //
  put_u32(&header[40], mode);               //
  put_u32(&header[44], 4);                  // bitstream version
  put_u32(&header[48], 1);                  // channels
  put_u32(&header[52], 0xffffffff);         // bitrate: unknown
  put_u32(&header[56], sample_rate / 50);   // samples of a frame
  put_u32(&header[64], 1);                  // frames a packet
  return header;
}

}  // namespace commd::codec
