// Where the requests of an account go, as its settings say it; what DNS adds is in
// server_finder.h. Pure; any thread.
//
// The host named here is the one a TLS certificate must be for (RFC 5922): the domain
// of the address, unless the person named a server or an outbound proxy; then that
// name. Addresses that were looked up are never put in its place.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "daemon/base/result.h"
#include "daemon/model/account.h"

namespace commd::sip {

// One place, before DNS.
struct Hop {
  std::string host;   // no brackets
  uint16_t port = 0;  // 0: found by DNS, or the default
  model::SipTransport transport = model::SipTransport::automatic;

  friend bool operator==(const Hop&, const Hop&) = default;
};

struct RegistrarTarget {
  bool secure = false;      // the address is sips:
  std::string user;         // of the address, not escaped
  std::string address;      // "sip:alice@example.org"
  std::string request_uri;  // of REGISTER: "sip:example.org"
  Hop first;                // where everything is sent
  bool via_proxy = false;   // `first` is the outbound proxy
  // With a proxy: the server behind it, if the person named one.
  std::string server_route;            // "<sip:registrar.example.org:5060;lr>" or empty
  std::vector<std::string> own_names;  // domain, server, proxy: no brackets
};

// Errors (invalid_argument, with the `field`): ADDRESS_INVALID, SERVER_INVALID,
// OUTBOUND_PROXY_INVALID.
base::Result<RegistrarTarget> registrar_target(const model::Account& account);

// The place a SIP URI names, with its transport; angle brackets around it and a missing
// scheme are let pass. Error: INVALID_ADDRESS.
base::Result<Hop> hop_of_uri(const std::string& text);

// "sip:host:port;transport=tcp": the hop over that transport; `automatic` leaves it
// to DNS.
std::string hop_uri(const Hop& hop, model::SipTransport transport);
// The same as a value of Route: "<...;lr>".
std::string hop_route(const Hop& hop, model::SipTransport transport);

// Without regard to case.
bool same_host(const std::string& a, const std::string& b);

}  // namespace commd::sip
