// The frame around each message of ZRTP (RFC 6189, section 5): a header like RTP's,
// the message with its length and type, a checksum. Pure; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "media/zrtp/octets.h"

namespace commd::zrtp {

// In octets.
inline constexpr size_t packet_header = 12;
inline constexpr size_t packet_crc = 4;
inline constexpr size_t message_header = 12;
// A Confirm with the longest signature there can be.
inline constexpr size_t longest_message = 76 + 4 * 511;

enum class MessageType {
  hello,
  hello_ack,
  commit,
  dh_part1,
  dh_part2,
  confirm1,
  confirm2,
  conf2_ack,
  error,
  error_ack,
  go_clear,
  clear_ack,
  sas_relay,
  relay_ack,
  ping,
  ping_ack,
};

// Eight octets: "Hello   ".
std::string_view wire_name(MessageType type);

// Views into the datagram.
struct Packet {
  uint16_t sequence = 0;
  uint32_t ssrc = 0;
  MessageType type = MessageType::hello;
  View message;  // with its header; of a length that its type may have
};

// Empty unless the datagram is a packet from the first octet to the last: version,
// cookie, checksum, a known type, and a length that the message says, the datagram has
// and the type allows. What is in the message is not looked at.
std::optional<Packet> read_packet(View datagram) noexcept;

// A whole datagram. The message's length is a multiple of four.
Bytes write_packet(uint16_t sequence, uint32_t ssrc, View message);

// The message's header with its body after it.
Bytes make_message(MessageType type, View body = {});

// As SCTP's (RFC 6189, section 5): CRC-32C.
uint32_t crc32c(View bytes) noexcept;

}  // namespace commd::zrtp
