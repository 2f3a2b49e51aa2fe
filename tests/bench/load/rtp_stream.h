// Voices of the bench: packets of one 20 ms stream that many calls share. Calls with
// the same voice get the very same bytes (one SSRC, one SRTP key), so that a thousand
// calls cost the generator little more than the system calls. One thread.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "media/srtp/srtp_session.h"

namespace commd::bench {

enum class Codec { pcmu, opus };
enum class Protection { none, sdes };

// One second of something voiced: harmonics that swell and fade four times, never
// silent, encoded once. Opus: complexity 5, 32 kb/s, mono.
class Speech {
 public:
  explicit Speech(Codec codec);

  Codec codec() const { return codec_; }
  // The n-th packet's payload, round and round.
  std::span<const uint8_t> payload(size_t n) const { return packets_[n % packets_.size()]; }
  uint8_t payload_type() const { return codec_ == Codec::pcmu ? 0 : 111; }
  uint32_t ticks_per_packet() const { return codec_ == Codec::pcmu ? 160 : 960; }

 private:
  Codec codec_;
  std::vector<std::vector<uint8_t>> packets_;
};

class Voice {
 public:
  // Without a library: plain RTP. Throws std::runtime_error if libsrtp refuses.
  Voice(const Speech& speech, const srtp::SrtpLibrary* library, uint32_t ssrc);

  // The offer of a call that hears on this port.
  std::string offer(uint16_t rtp_port) const;
  // The next packet; valid until the next call.
  std::span<const uint8_t> next();

 private:
  const Speech& speech_;
  std::optional<srtp::SrtpKey> key_;
  std::optional<srtp::SrtpSession> srtp_;
  uint32_t ssrc_;
  size_t count_ = 0;
  alignas(4) std::array<uint8_t, 1600> packet_{};
};

// Whether a packet received has sound in it, not silence: by the codes of PCMU, by the
// size of Opus (a tone or a voice takes more than 20 octets, silence less).
bool sounds(std::span<const uint8_t> packet, Codec codec, Protection protection);

}  // namespace commd::bench
