// What an ICE agent is made with. Values; any thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "daemon/base/result.h"
#include "daemon/base/secret.h"
#include "daemon/model/session_description.h"

namespace commd::ice {

// Who nominates (RFC 8445, section 6.1.1): the offerer, unless the answerer is a lite
// agent's peer. A conflict heals by itself (section 7.3.1.1).
enum class IceRole { controlling, controlled };

// How a TURN server is reached (RFC 8656, section 3.1). What is relayed is UDP.
enum class RelayProtocol { udp, tcp, tls };
const char* to_string(RelayProtocol protocol);

// Long-term credentials (RFC 8489, section 9.2), which those of XEP-0215 and the REST
// way are too.
struct TurnServer {
  model::TransportAddress address;  // names are looked up by daemon/net
  RelayProtocol protocol = RelayProtocol::udp;
  std::string username;
  base::Secret password;
  // `address` is a door on this machine to it: relays are elsewhere.
  bool behind_door = false;
};

struct IceOptions {
  IceRole role = IceRole::controlling;
  // 1 with rtcp-mux (RFC 5761), else 2.
  unsigned components = 1;
  // libnice asks one.
  std::optional<model::TransportAddress> stun_server;
  // At most 8, the preferred one first. Which family of addresses one relays by is its own
  // choice, IPv4 as a rule (RFC 8656, section 7.2): libnice never asks for another.
  //
  // Not over TLS: check() refuses it. libnice 0.1.21 has a NICE_RELAY_TYPE_TURN_TLS, but
  // there is no TLS behind it: agent_create_tcp_turn_socket() wraps the connection for
  // Google's and Microsoft's dialects only, and that in a fake handshake; in RFC mode
  // the "TLS" relay is plain TCP to the TLS port. Whoever owns the agent can offer it a
  // tunnel instead: accept on 127.0.0.1, carry the octets to the server by a verified
  // TLS stream of daemon/net, and name 127.0.0.1 and that port here, protocol tcp.
  std::vector<TurnServer> turn_servers;
  // Only relayed candidates are told, paired and checked, and none of them carries an
  // address of this machine (RFC 8828, mode 4).
  bool relay_only = false;
  bool tcp = false;  // RFC 6544
  // UDP and TCP ports to bind, both 0: any.
  uint16_t first_port = 0;
  uint16_t last_port = 0;
  // IP literals to gather on, at most 64. Empty: every address of every interface that
  // is up, without loopback, which has to be named here.
  std::vector<std::string> local_addresses;
  // From the far end's credentials to a usable pair of each component.
  std::chrono::milliseconds patience = std::chrono::seconds(30);
  // From gather() to IceListener::on_enough() at the latest: as long as who cannot tell
  // candidates one by one waits for a server that is silent.
  std::chrono::milliseconds gathering_patience = std::chrono::seconds(1);
  // From gather() to the end of gathering at the latest, as long as only the router of this
  // network is waited for, see IceThread.
  std::chrono::milliseconds router_patience = std::chrono::milliseconds(500);
};

// invalid_argument with reason ICE_OPTIONS_INVALID and `field`; unimplemented,
// TURN_TLS_UNSUPPORTED, for a TURN server over TLS.
base::Result<void> check(const IceOptions& options);

}  // namespace commd::ice
