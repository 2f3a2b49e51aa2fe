// RTP packets (RFC 3550 section 5.1): a view for reading, a writer for sending.
// Plain values over the caller's bytes, nothing is copied or allocated. Any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

namespace commd::rtp {

constexpr size_t rtp_fixed_header_size = 12;
// What we send at most, header and extensions included, before SRTP adds its tag.
constexpr size_t max_packet_size = 1500;

struct RtpHeader {
  bool marker = false;
  uint8_t payload_type = 0;  // 0..127
  uint16_t sequence = 0;
  uint32_t timestamp = 0;  // in units of the payload's RTP clock
  uint32_t ssrc = 0;
};

// One received packet. The spans point into the datagram given to parse() and
// live as long as it does.
class RtpPacketView {
 public:
  // nullopt unless it is a whole RTP packet: version 2, and CSRC list, extension
  // and padding within the datagram.
  static std::optional<RtpPacketView> parse(std::span<const uint8_t> datagram) noexcept;

  const RtpHeader& header() const { return header_; }
  std::span<const uint8_t> payload() const { return payload_; }
  // Everything before the payload.
  size_t header_size() const { return header_size_; }
  size_t csrc_count() const { return csrcs_.size() / 4; }
  uint32_t csrc(size_t index) const;  // index < csrc_count()
  // "defined by profile" and the bytes of the extension; 0 and empty without one.
  // header_extension.h reads them.
  uint16_t extension_profile() const { return extension_profile_; }
  std::span<const uint8_t> extension() const { return extension_; }

 private:
  RtpHeader header_;
  uint16_t extension_profile_ = 0;
  size_t header_size_ = 0;
  std::span<const uint8_t> csrcs_;
  std::span<const uint8_t> extension_;
  std::span<const uint8_t> payload_;
};

// Writes a header, an already encoded extension block (empty, or what
// HeaderExtensionWriter::block() gives) and the payload. Returns the size, or 0
// when `out` is too small. `payload` may already lie at its place in `out`.
size_t write_packet(std::span<uint8_t> out, const RtpHeader& header,
                    std::span<const uint8_t> extension_block,
                    std::span<const uint8_t> payload) noexcept;

}  // namespace commd::rtp
