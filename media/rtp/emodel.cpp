#include "media/rtp/emodel.h"

#include <algorithm>

namespace commd::rtp {
namespace {

constexpr double best_r = 93.2;
constexpr double delay_knee_ms = 177.3;
constexpr double share_of_repaired = 0.2;

double mos_of(double r) {
  if (r <= 0) return 1;
  if (r >= 100) return 4.5;
  // Below about 6.5 the polynomial of G.107 dips under 1.
  return std::max(1.0, 1 + 0.035 * r + r * (r - 60) * (100 - r) * 7e-6);
}

}  // namespace

double heard_loss_percent(uint64_t gone, uint64_t recovered, uint64_t expected) noexcept {
  if (expected == 0) return 0;
  const uint64_t repaired = std::min(gone, recovered);
  const double heard =
      static_cast<double>(gone - repaired) + static_cast<double>(repaired) * share_of_repaired;
  return std::min(100.0, 100 * heard / static_cast<double>(expected));
}

CallQuality call_quality(const CodecImpairment& codec, double loss_percent,
                         double one_way_delay_ms) noexcept {
  const double loss = std::clamp(loss_percent, 0.0, 100.0);
  const double delay = std::max(one_way_delay_ms, 0.0);
  const double delay_impairment =
      0.024 * delay + (delay > delay_knee_ms ? 0.11 * (delay - delay_knee_ms) : 0);
  const double equipment = codec.ie + (95 - codec.ie) * loss / (loss + codec.bpl);
  const double r = std::clamp(best_r - delay_impairment - equipment, 0.0, 100.0);
  return {r, mos_of(r)};
}

}  // namespace commd::rtp
