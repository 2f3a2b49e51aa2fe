// A look at a datagram before OpenSSL sees it: nothing of a handshake is protected
// until its end (RFC 6347, section 4.2), so that anybody who can send here could end
// it with one alert or one message that does not belong. Pure; any thread.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>

namespace commd::dtls {

using HelloRandom = std::array<uint8_t, 32>;

// RFC 5246, section 7.4.
enum HandshakeType : uint8_t {
  client_hello = 1,
  server_hello = 2,
  hello_verify_request = 3,
  certificate = 11,
  server_key_exchange = 12,
  certificate_request = 13,
  server_hello_done = 14,
  certificate_verify = 15,
  client_key_exchange = 16,
  finished = 20,
};

struct Glance {
  // Records of DTLS 1.0 to 1.2 from the first octet to the last; a ChangeCipherSpec
  // says what it has to say.
  bool dtls = false;
  // Of unprotected records (epoch 0):
  std::optional<uint8_t> alert;      // its description, RFC 5246 section 7.2
  std::optional<uint8_t> handshake;  // the first message's type
  // Of a ClientHello whose first fragment holds it: tells one client from another.
  std::optional<HelloRandom> random;
};

Glance glance(std::span<const uint8_t> datagram) noexcept;

// Whether a client, or else a server, can be sent that message.
bool is_for_client(uint8_t handshake) noexcept;
bool is_for_server(uint8_t handshake) noexcept;

}  // namespace commd::dtls
