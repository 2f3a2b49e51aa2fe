// A STUN or TURN server (RFC 8489, RFC 8656), as settings, DNS or an XMPP server
// (XEP-0215) name it. Values; any thread.
#pragma once

#include <cstdint>
#include <string>

#include "daemon/base/secret.h"

namespace commd::model {

struct IceServer {
  enum class Kind { stun, turn };
  enum class Transport { udp, tcp, tls };
  Kind kind = Kind::stun;
  Transport transport = Transport::udp;
  std::string host;  // a name or an IP literal, without brackets
  uint16_t port = 3478;
  std::string username;  // of TURN, long-term credentials
  base::Secret password;
  // Over TLS: whom its certificate must be for, where `host` is an address that was looked up;
  // and the PEM file of authorities that is trusted, empty for the system's.
  std::string certificate_name;
  std::string ca_file;

  friend bool operator==(const IceServer&, const IceServer&) = default;
};

}  // namespace commd::model
