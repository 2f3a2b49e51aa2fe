// What came of STUN and TURN, as checks with their words: stun.binding, stun.mapping, turn.udp,
// turn.tcp, turn.tls. Pure; any thread.
#pragma once

#include <vector>

#include "daemon/model/check.h"
#include "daemon/model/ice_server.h"
#include "daemon/probe/mapping_probe.h"
#include "daemon/probe/relay_probe.h"
#include "daemon/probe/remedies.h"

namespace commd::probe {

// One relay over one transport. `meant`: the settings ask for just that; otherwise it is one of
// the ways that would be good to have, and a failure is a warning.
struct RelayWay {
  enum class Meant { yes, no };
  RelayTarget target;
  Meant meant = Meant::yes;
};

// A relay that is reached by UDP is tried over TCP and TLS as well (at the port of RFC 8656),
// unless another entry names these ways.
std::vector<RelayWay> ways_of(const std::vector<model::IceServer>& servers,
                              const std::string& ca_file);
// The STUN servers, and the relays that are reached by UDP, which are such, too.
std::vector<StunPlace> stun_places_of(const std::vector<model::IceServer>& servers);

model::Check relay_check(const RelayWay& way, const RelayOutcome& outcome, const Subject& subject);
// stun.binding, and where that is ok stun.mapping.
std::vector<model::Check> mapping_checks(const MappingOutcome& outcome, const Subject& subject,
                                         bool has_relay);

}  // namespace commd::probe
