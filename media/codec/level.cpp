#include "media/codec/level.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace commd::codec {

namespace {
constexpr double overload = 32'768.0;
constexpr double silence_dbov = -127.0;

double to_dbov(double amplitude) {
  if (amplitude <= 0) return silence_dbov;
  return std::clamp(20.0 * std::log10(amplitude / overload), silence_dbov, 0.0);
}
}  // namespace

double rms_dbov(std::span<const int16_t> pcm) {
  if (pcm.empty()) return silence_dbov;
  int64_t energy = 0;
  for (const int16_t sample : pcm) energy += static_cast<int32_t>(sample) * sample;
  return to_dbov(std::sqrt(static_cast<double>(energy) / static_cast<double>(pcm.size())));
}

double peak_dbov(std::span<const int16_t> pcm) {
  int peak = 0;
  for (const int16_t sample : pcm) peak = std::max(peak, std::abs(static_cast<int>(sample)));
  return to_dbov(peak);
}

uint8_t audio_level(std::span<const int16_t> pcm) {
  return static_cast<uint8_t>(std::lround(-rms_dbov(pcm)));
}

}  // namespace commd::codec
