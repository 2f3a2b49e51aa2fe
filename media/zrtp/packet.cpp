#include "media/zrtp/packet.h"

#include <array>
#include <cassert>
#include <iterator>

namespace commd::zrtp {
namespace {

constexpr uint32_t cookie = 0x5A525450;  // "ZRTP"
constexpr uint8_t version_bits = 0x10;   // not RTP's 2
constexpr uint16_t preamble = 0x505A;

// In octets, with the header of 12.
struct Format {
  MessageType type;
  std::string_view name;
  size_t least;
  size_t most;
};

// RFC 6189, sections 5.2 to 5.16. A public value has 32 (X25519) to 384 octets (DH3k).
constexpr std::array formats{
    Format{MessageType::hello, "Hello   ", 88, 88 + 4 * 5 * 7},
    Format{MessageType::hello_ack, "HelloACK", 12, 12},
    Format{MessageType::commit, "Commit  ", 100, 116},
    Format{MessageType::dh_part1, "DHPart1 ", 84 + 32, 84 + 384},
    Format{MessageType::dh_part2, "DHPart2 ", 84 + 32, 84 + 384},
    Format{MessageType::confirm1, "Confirm1", 76, longest_message},
    Format{MessageType::confirm2, "Confirm2", 76, longest_message},
    Format{MessageType::conf2_ack, "Conf2ACK", 12, 12},
    Format{MessageType::error, "Error   ", 16, 16},
    Format{MessageType::error_ack, "ErrorACK", 12, 12},
    Format{MessageType::go_clear, "GoClear ", 20, 20},
    Format{MessageType::clear_ack, "ClearACK", 12, 12},
    Format{MessageType::sas_relay, "SASrelay", 76, longest_message},
    Format{MessageType::relay_ack, "RelayACK", 12, 12},
    Format{MessageType::ping, "Ping    ", 24, 24},
    Format{MessageType::ping_ack, "PingACK ", 36, 36},
};

constexpr std::array<uint32_t, 256> make_table() {
  std::array<uint32_t, 256> table{};
  for (uint32_t i = 0; i < table.size(); ++i) {
    uint32_t value = i;
    for (int bit = 0; bit < 8; ++bit) value = (value >> 1) ^ ((value & 1) * 0x82F63B78);
    table[i] = value;
  }
  return table;
}
constexpr auto crc_table = make_table();

const Format* format_of(View name) {
  for (const Format& format : formats)
    if (std::ranges::equal(view_of(format.name), name)) return &format;
  return nullptr;
}

uint16_t u16_at(View from, size_t at) {
  return static_cast<uint16_t>(from[at] << 8 | from[at + 1]);
}

}  // namespace

std::string_view wire_name(MessageType type) {
  for (const Format& format : formats)
    if (format.type == type) return format.name;
  return "";
}

uint32_t crc32c(View bytes) noexcept {
  uint32_t crc = 0xFFFFFFFF;
  for (const uint8_t byte : bytes) crc = (crc >> 8) ^ crc_table[(crc ^ byte) & 0xFF];
  crc = ~crc;
  // In the order of SCTP, least significant octet first.
  return crc >> 24 | (crc >> 8 & 0xFF00) | (crc << 8 & 0xFF0000) | crc << 24;
}

std::optional<Packet> read_packet(View datagram) noexcept {
  constexpr size_t least = packet_header + message_header + packet_crc;
  constexpr size_t most = packet_header + longest_message + packet_crc;
  if (datagram.size() < least || datagram.size() > most) return std::nullopt;
  // The low four bits and the next octet are "not used", whatever they hold.
  if ((datagram[0] & 0xF0) != version_bits || u32_at(datagram, 4) != cookie) return std::nullopt;
  const View covered = datagram.first(datagram.size() - packet_crc);
  if (crc32c(covered) != u32_at(datagram, covered.size())) return std::nullopt;
  Packet packet;
  packet.sequence = u16_at(datagram, 2);
  packet.ssrc = u32_at(datagram, 8);
  packet.message = covered.subspan(packet_header);
  if (u16_at(packet.message, 0) != preamble) return std::nullopt;
  if (size_t{4} * u16_at(packet.message, 2) != packet.message.size()) return std::nullopt;
  const Format* format = format_of(packet.message.subspan(4, 8));
  if (format == nullptr) return std::nullopt;
  if (packet.message.size() < format->least || packet.message.size() > format->most)
    return std::nullopt;
  packet.type = format->type;
  return packet;
}

Bytes write_packet(uint16_t sequence, uint32_t ssrc, View message) {
  Bytes out{version_bits, 0, static_cast<uint8_t>(sequence >> 8), static_cast<uint8_t>(sequence)};
  out.reserve(packet_header + message.size() + packet_crc);
  append_u32(out, cookie);
  append_u32(out, ssrc);
  append(out, message);
  append_u32(out, crc32c(out));
  return out;
}

Bytes make_message(MessageType type, View body) {
  assert(body.size() % 4 == 0);
  const size_t words = (message_header + body.size()) / 4;
  Bytes out{preamble >> 8, preamble & 0xFF, static_cast<uint8_t>(words >> 8),
            static_cast<uint8_t>(words)};
  append(out, view_of(wire_name(type)));
  append(out, body);
  return out;
}

}  // namespace commd::zrtp
