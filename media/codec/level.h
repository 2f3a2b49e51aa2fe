// Loudness of a piece of audio. Pure functions; any thread.
#pragma once

#include <cstdint>
#include <span>

namespace commd::codec {

// RFC 6464: the RMS level below overload, 0 (0 dBov, a full-scale square wave) to
// 127 (-127 dBov and below, silence).
uint8_t audio_level(std::span<const int16_t> pcm);

// dBov, 0 or below; -127 for silence and for nothing.
double rms_dbov(std::span<const int16_t> pcm);
double peak_dbov(std::span<const int16_t> pcm);

}  // namespace commd::codec
