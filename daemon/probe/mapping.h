// How the network in front of this machine maps its addresses (RFC 4787, section 4.1; RFC 5780,
// section 4.3), from what several servers saw of one socket. Pure; any thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "daemon/net/address.h"

namespace commd::probe {

enum class Mapping {
  none,                  // the own address is seen outside
  endpoint_independent,  // one address for all: calls can go directly
  address_dependent,     // "symmetric": another one for each far end, calls need a relay
  unknown,               // behind a NAT, and seen by one address of a server alone
};

const char* to_string(Mapping mapping);

struct Sighting {
  net::Endpoint server;
  net::Endpoint mapped;
};

// `local`: the socket's own address; nothing: it is not known. At least one sighting.
Mapping mapping_of(const std::optional<net::Endpoint>& local,
                   const std::vector<Sighting>& sightings);

}  // namespace commd::probe
