#include "media/ice/ice_options.h"

#include <utility>

#include "media/ice/ip_kind.h"

namespace commd::ice {

namespace {

constexpr size_t most_turn_servers = 8;   // NICE_CANDIDATE_MAX_TURN_SERVERS
constexpr size_t most_addresses = 64;     // NICE_CANDIDATE_MAX_LOCAL_ADDRESSES
constexpr size_t longest_username = 508;  // RFC 8489, section 14.3
constexpr uint16_t first_free_port = 1024;

using Failure = base::Result<void>;

Failure wrong(const std::string& field, const std::string& words) {
  base::Error error{base::Code::invalid_argument, "ICE_OPTIONS_INVALID", field + ": " + words, {}};
  error.details["field"] = field;
  return base::fail(std::move(error));
}

bool is_server(const model::TransportAddress& address) {
  const IpKind kind = kind_of(address.ip);
  return address.port != 0 && kind != IpKind::none && kind != IpKind::forbidden;
}

Failure check(const TurnServer& server) {
  if (server.protocol == RelayProtocol::tls) {
    return base::fail(base::Code::unimplemented, "TURN_TLS_UNSUPPORTED",
                      "TURN over TLS cannot be done by this library, which would send everything "
                      "in clear; name the server with udp or tcp");
  }
  if (!is_server(server.address)) return wrong("turn_servers", "needs an IP address and a port");
  if (server.username.empty() || server.username.size() > longest_username ||
      server.username.find('\0') != std::string::npos) {
    return wrong("turn_servers", "needs a user name of at most 508 octets");
  }
  const auto password = server.password.reveal();
  if (password.empty() || password.find('\0') != password.npos) {
    return wrong("turn_servers", "needs a password");
  }
  return {};
}

bool is_port_range(uint16_t first, uint16_t last) {
  if (first == 0 && last == 0) return true;
  return first >= first_free_port && first <= last;
}

}  // namespace

const char* to_string(RelayProtocol protocol) {
  switch (protocol) {
    case RelayProtocol::udp:
      return "udp";
    case RelayProtocol::tcp:
      return "tcp";
    case RelayProtocol::tls:
      return "tls";
  }
  return "";
}

base::Result<void> check(const IceOptions& options) {
  if (options.components < 1 || options.components > 2) {
    return wrong("components", "is 1 (rtcp-mux) or 2");
  }
  if (options.stun_server && !is_server(*options.stun_server)) {
    return wrong("stun_server", "needs an IP address and a port");
  }
  if (options.turn_servers.size() > most_turn_servers) {
    return wrong("turn_servers", "are at most 8");
  }
  for (const TurnServer& server : options.turn_servers) {
    if (auto fine = check(server); !fine) return fine;
  }
  if (options.relay_only && options.turn_servers.empty()) {
    return wrong("relay_only", "needs a TURN server; set `turn` or allow other ways");
  }
  if (!is_port_range(options.first_port, options.last_port)) {
    return wrong("first_port", "begins a range of ports from 1024 to 65535");
  }
  if (options.local_addresses.size() > most_addresses) {
    return wrong("local_addresses", "are at most 64");
  }
  for (const std::string& ip : options.local_addresses) {
    const IpKind kind = kind_of(ip);
    if (kind == IpKind::none || kind == IpKind::forbidden) {
      return wrong("local_addresses", "are addresses that can be bound, not " + ip.substr(0, 64));
    }
  }
  if (options.patience <= options.patience.zero()) return wrong("patience", "is some time");
  return {};
}

}  // namespace commd::ice
