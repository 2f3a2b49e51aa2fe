// What a datagram on a media port is, told from its first bytes (RFC 7983, and
// RFC 5761 for RTP and RTCP on one port). Stateless; any thread.
#pragma once

#include <cstdint>
#include <span>

namespace commd::rtp {

enum class DatagramKind {
  unknown,       // none of these, or too short to be what it claims: to be dropped
  stun,          // 0..3 with the magic cookie of RFC 8489; RFC 3489's cookieless form is unknown
  zrtp,          // 16..19 with the magic cookie of RFC 6189
  dtls,          // 20..63, at least a record header
  turn_channel,  // 64..79: ChannelData (RFC 8656); only a TURN client has use for it
  rtp,           // 128..191, at least 12 bytes
  rtcp,          // 128..191 with a packet type of 192..223, at least 8 bytes
};

// Says how to read the datagram, not that it is well formed: each parser checks
// for itself. Empty input is unknown.
DatagramKind classify(std::span<const uint8_t> datagram) noexcept;

}  // namespace commd::rtp
