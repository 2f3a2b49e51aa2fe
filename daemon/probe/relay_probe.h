// Tries a TURN server as a call would use it (RFC 8656): an allocation over one transport, and a
// datagram through it to a socket of ours and back.
//
// Thread of the io_context.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "daemon/base/secret.h"
#include "daemon/probe/surroundings.h"

namespace commd::probe {

// How a TURN server is reached (RFC 8656, section 3.1). What is relayed is UDP.
enum class RelayTransport { udp, tcp, tls };
const char* to_string(RelayTransport transport);

struct RelayTarget {
  RelayTransport transport = RelayTransport::udp;
  std::string host;
  uint16_t port = 0;
  std::string user;
  base::Secret password;
  std::string ca_file;  // as TlsTrust::load() takes it
};

struct RelayOutcome {
  // Why there is no allocation: the DNS_*, CONNECT_*, TLS_* and STUN_* of what is used, and
  // TURN_CREDENTIALS_MISSING (failed_precondition)
  // TURN_CREDENTIALS_REFUSED (unauthenticated)
  // TURN_REFUSED (unavailable), with `code` in the details
  // TURN_ANSWER_UNPROVEN, TURN_ANSWER_BROKEN (unavailable)
  // PROBE_TIMEOUT (deadline_exceeded)
  std::optional<base::Error> error;
  std::optional<net::Endpoint> server;
  std::optional<net::Endpoint> mapped;   // how the server sees this machine
  std::optional<net::Endpoint> relayed;  // what was allocated
  std::optional<base::Duration> allocation_time;
  // Through the relay and back.
  std::optional<base::Duration> round_trip;
  // Why there is none: TURN_PEER_REFUSED, TURN_NOTHING_RELAYED, or of this machine.
  std::optional<base::Error> not_relayed;
};

using RelayDone = std::function<void(RelayOutcome)>;
// Within 8 s.
[[nodiscard]] net::OperationHandle probe_relay(const Surroundings& around, RelayTarget target,
                                               RelayDone done);

}  // namespace commd::probe
