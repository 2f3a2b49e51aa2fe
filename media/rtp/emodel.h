// How good a call sounds, from its codec, loss and delay: the E-model of ITU-T
// G.107 with every room and line parameter at its default.
//
//   R   = 93.2 - Id - Ie_eff
//   Id  = 0.024 d + 0.11 (d - 177.3) if d > 177.3       d: one way, mouth to ear, ms
//   Ie_eff = Ie + (95 - Ie) p / (p + Bpl)               p: lost packets in per cent
//
// Pure functions; any thread.
#pragma once

#include <cstdint>

namespace commd::rtp {

// How a codec suffers. Ie: impairment without loss; Bpl: robustness against loss,
// the larger the better.
struct CodecImpairment {
  double ie = 0;
  double bpl = 25.1;
};

namespace impairment {
// G.113 Appendix I: G.711 with the concealment of its own Appendix I; 4.3 without.
inline constexpr CodecImpairment g711{0, 25.1};
inline constexpr CodecImpairment g711_unconcealed{0, 4.3};
// G.113 lists none for these on the narrow-band scale. Wide-band speech is never
// worse than G.711 there, so Ie is 0; Bpl follows their concealment: G.722 repeats
// and fades, Opus has its own and in-band FEC.
inline constexpr CodecImpairment g722{0, 15.0};
inline constexpr CodecImpairment opus{0, 25.1};
// Speex at its usual rates is put beside G.729A (11, 19.0).
inline constexpr CodecImpairment speex{11, 19.0};
// GSM 06.10 full rate: Ie of G.113; Bpl as the enhanced full rate's.
inline constexpr CodecImpairment gsm{20, 10.0};
}  // namespace impairment

struct CallQuality {
  double r = 0;    // 0..100
  double mos = 1;  // 1..4.5
};

// The loss that is heard, in per cent of the packets expected. `gone`: never came, or after their
// turn; `recovered`: of these, what the next packet repeated (in-band FEC).
//
// Such a one counts for a fifth. Measured with Opus at 32 kbit/s, 10 and 20 % of the packets lost,
// never two in a row: intelligibility (STOI) falls by 0.015 and 0.019 where they are repeated, with
// the coarser coding that makes room for it, and by 0.074 and 0.143 where they are concealed.
double heard_loss_percent(uint64_t gone, uint64_t recovered, uint64_t expected) noexcept;

// Values outside their range are clamped: loss to 0..100, delay to >= 0.
CallQuality call_quality(const CodecImpairment& codec, double loss_percent,
                         double one_way_delay_ms) noexcept;

}  // namespace commd::rtp
