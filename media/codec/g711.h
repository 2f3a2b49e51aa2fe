// G.711: one octet a sample, mu-law (PCMU) and A-law (PCMA).
// Pure functions; any thread.
#pragma once

#include <cstdint>

namespace commd::codec {

uint8_t encode_ulaw(int16_t sample);
uint8_t encode_alaw(int16_t sample);
int16_t decode_ulaw(uint8_t code);
int16_t decode_alaw(uint8_t code);

// What a silent line sends.
inline constexpr uint8_t ulaw_silence = 0xff;
inline constexpr uint8_t alaw_silence = 0xd5;

}  // namespace commd::codec
