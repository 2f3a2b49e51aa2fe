#include "media/rtp/demux.h"

#include "media/rtp/wire.h"

namespace commd::rtp {
namespace {

constexpr uint32_t stun_cookie = 0x2112A442;
constexpr uint32_t zrtp_cookie = 0x5A525450;  // "ZRTP"
constexpr size_t cookie_offset = 4;           // the same in STUN and in ZRTP
constexpr size_t stun_header_size = 20;
constexpr size_t zrtp_smallest = 28;  // header 12, message header 12, CRC 4
constexpr size_t dtls_record_header_size = 13;
constexpr size_t channel_data_header_size = 4;
constexpr size_t rtp_header_size = 12;
constexpr size_t rtcp_smallest = 8;

DatagramKind rtp_or_rtcp(std::span<const uint8_t> datagram) {
  if (datagram.size() < rtcp_smallest) return DatagramKind::unknown;
  if (datagram[1] >= 192 && datagram[1] <= 223) return DatagramKind::rtcp;
  return datagram.size() >= rtp_header_size ? DatagramKind::rtp : DatagramKind::unknown;
}

bool has_cookie(std::span<const uint8_t> datagram, size_t smallest, uint32_t cookie) {
  return datagram.size() >= smallest && read_u32(datagram.data() + cookie_offset) == cookie;
}

}  // namespace

DatagramKind classify(std::span<const uint8_t> datagram) noexcept {
  if (datagram.empty()) return DatagramKind::unknown;
  const uint8_t first = datagram[0];
  if (first >= 128 && first <= 191) return rtp_or_rtcp(datagram);
  if (first <= 3 && has_cookie(datagram, stun_header_size, stun_cookie)) return DatagramKind::stun;
  if (first >= 16 && first <= 19 && has_cookie(datagram, zrtp_smallest, zrtp_cookie))
    return DatagramKind::zrtp;
  if (first >= 20 && first <= 63 && datagram.size() >= dtls_record_header_size)
    return DatagramKind::dtls;
  if (first >= 64 && first <= 79 && datagram.size() >= channel_data_header_size)
    return DatagramKind::turn_channel;
  return DatagramKind::unknown;
}

}  // namespace commd::rtp
