// A server that helps two ends to find each other: STUN tells an end how it is seen, TURN
// relays for it (RFC 8489, 8656). Named by the settings of an account, or by its XMPP server
// (XEP-0215).
//
// Values; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/base/result.h"
#include "daemon/base/secret.h"

namespace commd::model {

struct IceServer {
  enum class Kind { stun, stuns, turn, turns };  // the latter of each: over TLS
  enum class Transport { udp, tcp };             // to the server; what is relayed is UDP
  Kind kind = Kind::stun;
  Transport transport = Transport::udp;
  std::string host;  // a name or an IP literal, without brackets
  uint16_t port = 0;
  std::string username;
  base::Secret password;
  // Over TLS: whom its certificate must be for, where `host` is an address that was looked up;
  // and the PEM file of authorities that is trusted, empty for the system's.
  std::string certificate_name;
  std::string ca_file;

  bool over_tls() const { return kind == Kind::stuns || kind == Kind::turns; }
  bool relays() const { return kind == Kind::turn || kind == Kind::turns; }
  friend bool operator==(const IceServer&, const IceServer&) = default;
};

inline constexpr uint16_t ice_server_port = 3478;  // RFC 8489 section 8.1
inline constexpr uint16_t ice_server_tls_port = 5349;
inline constexpr size_t most_ice_username = 508;  // bytes, RFC 8489 section 14.3
// Of each of the two settings.
inline constexpr size_t most_ice_servers = 8;

// The account settings `stun` ("HOST[:PORT]", also as a URI of RFC 7064) and `turn`
// ("turn:HOST[:PORT][?transport=udp|tcp]", "turns:...", RFC 7065), separated by commas, the
// preferred one first; empty: none. INVALID_ARGUMENT names the setting, the server and the
// remedy; where a server has a user or a password in it, it is not repeated.
base::Result<std::vector<IceServer>> parse_stun_setting(std::string_view text);
// Without credentials: they are settings of their own.
base::Result<std::vector<IceServer>> parse_turn_setting(std::string_view text);

}  // namespace commd::model
