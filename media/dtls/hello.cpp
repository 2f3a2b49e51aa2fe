#include "media/dtls/hello.h"

#include <algorithm>

namespace commd::dtls {

namespace {

constexpr size_t record_header = 13;     // RFC 6347, section 4.1
constexpr size_t handshake_header = 12;  // section 4.2.2
constexpr size_t random_at = handshake_header + 2;
constexpr uint8_t change_record = 20;
constexpr uint8_t alert_record = 21;
constexpr uint8_t handshake_record = 22;
constexpr uint8_t first_record_type = change_record;
constexpr uint8_t last_record_type = 23;

size_t two(std::span<const uint8_t> bytes, size_t at) {
  return static_cast<size_t>(bytes[at]) << 8 | bytes[at + 1];
}

bool is_version(std::span<const uint8_t> record) {
  return record[1] == 0xfe && (record[2] == 0xff || record[2] == 0xfd);
}

bool is_whole_at_start(std::span<const uint8_t> message) {
  // message_seq 0 or 1 (after a HelloVerifyRequest), fragment_offset 0
  return message[4] == 0 && message[5] <= 1 && message[6] == 0 && message[7] == 0 &&
         message[8] == 0;
}

void read_handshake(std::span<const uint8_t> message, Glance& seen) {
  if (message.size() < handshake_header || seen.handshake) return;
  seen.handshake = message[0];
  const size_t end = random_at + std::tuple_size_v<HelloRandom>;
  if (message[0] != client_hello || message.size() < end || !is_whole_at_start(message)) return;
  std::copy_n(message.begin() + random_at, seen.random.emplace().size(), seen.random->begin());
}

}  // namespace

Glance glance(std::span<const uint8_t> datagram) noexcept {
  Glance seen;
  while (!datagram.empty()) {
    if (datagram.size() < record_header || datagram[0] < first_record_type ||
        datagram[0] > last_record_type || !is_version(datagram)) {
      return {};
    }
    const size_t length = two(datagram, 11);
    if (length == 0 || length > datagram.size() - record_header) return {};
    const auto content = datagram.subspan(record_header, length);
    if (two(datagram, 3) == 0) {
      if (datagram[0] == change_record && (length != 1 || content[0] != 1)) return {};
      if (datagram[0] == alert_record) seen.alert = content.size() >= 2 ? content[1] : 0;
      if (datagram[0] == handshake_record) read_handshake(content, seen);
    }
    seen.dtls = true;
    datagram = datagram.subspan(record_header + length);
  }
  return seen;
}

bool is_for_client(uint8_t handshake) noexcept {
  switch (handshake) {
    case server_hello:
    case hello_verify_request:
    case certificate:
    case server_key_exchange:
    case certificate_request:
    case server_hello_done:
    case finished:
      return true;
    default:
      return false;
  }
}

bool is_for_server(uint8_t handshake) noexcept {
  switch (handshake) {
    case client_hello:
    case certificate:
    case certificate_verify:
    case client_key_exchange:
    case finished:
      return true;
    default:
      return false;
  }
}

}  // namespace commd::dtls
