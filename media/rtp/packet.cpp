#include "media/rtp/packet.h"

#include <cstring>

#include "media/rtp/wire.h"

namespace commd::rtp {
namespace {

constexpr uint8_t version_bits = 0x80;
constexpr uint8_t version_mask = 0xC0;
constexpr uint8_t padding_bit = 0x20;
constexpr uint8_t extension_bit = 0x10;
constexpr uint8_t csrc_mask = 0x0F;
constexpr uint8_t marker_bit = 0x80;

}  // namespace

std::optional<RtpPacketView> RtpPacketView::parse(std::span<const uint8_t> datagram) noexcept {
  if (datagram.size() < rtp_fixed_header_size) return std::nullopt;
  const uint8_t* p = datagram.data();
  if ((p[0] & version_mask) != version_bits) return std::nullopt;

  RtpPacketView view;
  view.header_.marker = (p[1] & marker_bit) != 0;
  view.header_.payload_type = p[1] & 0x7F;
  view.header_.sequence = read_u16(p + 2);
  view.header_.timestamp = read_u32(p + 4);
  view.header_.ssrc = read_u32(p + 8);

  size_t at = rtp_fixed_header_size;
  const size_t csrc_bytes = static_cast<size_t>(p[0] & csrc_mask) * 4;
  if (datagram.size() - at < csrc_bytes) return std::nullopt;
  view.csrcs_ = datagram.subspan(at, csrc_bytes);
  at += csrc_bytes;

  if (p[0] & extension_bit) {
    if (datagram.size() - at < 4) return std::nullopt;
    view.extension_profile_ = read_u16(p + at);
    const size_t bytes = static_cast<size_t>(read_u16(p + at + 2)) * 4;
    at += 4;
    if (datagram.size() - at < bytes) return std::nullopt;
    view.extension_ = datagram.subspan(at, bytes);
    at += bytes;
  }
  view.header_size_ = at;

  size_t payload_bytes = datagram.size() - at;
  if (p[0] & padding_bit) {
    // The count is the last byte and counts itself, so 0 is as wrong as too many.
    const uint8_t padding = datagram.back();
    if (padding == 0 || padding > payload_bytes) return std::nullopt;
    payload_bytes -= padding;
  }
  view.payload_ = datagram.subspan(at, payload_bytes);
  return view;
}

uint32_t RtpPacketView::csrc(size_t index) const { return read_u32(csrcs_.data() + index * 4); }

size_t write_packet(std::span<uint8_t> out, const RtpHeader& header,
                    std::span<const uint8_t> extension_block,
                    std::span<const uint8_t> payload) noexcept {
  const size_t head = rtp_fixed_header_size + extension_block.size();
  if (out.size() < head || out.size() - head < payload.size()) return 0;
  uint8_t* p = out.data();
  if (!payload.empty()) std::memmove(p + head, payload.data(), payload.size());
  p[0] = version_bits;
  if (!extension_block.empty()) {
    p[0] |= extension_bit;
    std::memcpy(p + rtp_fixed_header_size, extension_block.data(), extension_block.size());
  }
  p[1] = static_cast<uint8_t>((header.marker ? marker_bit : 0) | (header.payload_type & 0x7F));
  write_u16(p + 2, header.sequence);
  write_u32(p + 4, header.timestamp);
  write_u32(p + 8, header.ssrc);
  return head + payload.size();
}

}  // namespace commd::rtp
