#include "daemon/probe/mapping.h"

#include <algorithm>

namespace commd::probe {

const char* to_string(Mapping mapping) {
  switch (mapping) {
    case Mapping::none:
      return "none";
    case Mapping::endpoint_independent:
      return "endpoint_independent";
    case Mapping::address_dependent:
      return "address_dependent";
    case Mapping::unknown:
      return "unknown";
  }
  return "";
}

Mapping mapping_of(const std::optional<net::Endpoint>& local,
                   const std::vector<Sighting>& sightings) {
  const Sighting& first = sightings.front();
  bool several = false;
  for (const Sighting& each : sightings) {
    if (each.mapped != first.mapped) return Mapping::address_dependent;
    several = several || each.server.ip != first.server.ip;
  }
  if (local == first.mapped) return Mapping::none;
  return several ? Mapping::endpoint_independent : Mapping::unknown;
}

}  // namespace commd::probe
