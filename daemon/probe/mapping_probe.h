// Asks STUN servers how they see one socket of ours (RFC 8489, section 2; RFC 5780, section 4.3).
//
// Thread of the io_context.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "daemon/base/result.h"
#include "daemon/base/time.h"
#include "daemon/probe/mapping.h"
#include "daemon/probe/surroundings.h"

namespace commd::probe {

struct StunPlace {
  std::string host;  // a name or an IP literal
  uint16_t port = 0;

  friend bool operator==(const StunPlace&, const StunPlace&) = default;
};

struct MappingOutcome {
  // The DNS_* of the names, STUN_NO_ANSWER (deadline_exceeded), CONNECTION_REFUSED, NETWORK_DOWN
  // (unavailable); nothing: one server at least has answered.
  std::optional<base::Error> error;
  std::vector<Sighting> sightings;
  base::Duration round_trip{};  // of the first answer
  std::optional<net::Endpoint> local;
  Mapping mapping = Mapping::unknown;
};

// Whether a server may name that as another address of its own. It is a stranger's word: what is
// near this machine is not asked for it, unless the server is as near. Pure.
bool may_lead_to(const net::Endpoint& server, const net::Endpoint& other);

using MappingDone = std::function<void(MappingOutcome)>;
// At least one server. A second address that a server names as its own is asked, too. Within 5 s.
[[nodiscard]] net::OperationHandle probe_mapping(const Surroundings& around,
                                                 const std::vector<StunPlace>& servers,
                                                 MappingDone done);

}  // namespace commd::probe
