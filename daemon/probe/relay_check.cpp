#include "daemon/probe/relay_check.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace commd::probe {
namespace {

using model::CheckResult;

std::string in_ms(base::Duration time) {
  const auto tenths = std::chrono::duration_cast<std::chrono::microseconds>(time).count() / 100;
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " ms";
}

std::string place_text(const std::string& host, uint16_t port) {
  const bool brackets = host.find(':') != host.npos;
  return (brackets ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

std::string capitals(RelayTransport transport) {
  switch (transport) {
    case RelayTransport::udp:
      return "UDP";
    case RelayTransport::tcp:
      return "TCP";
    case RelayTransport::tls:
      return "TLS";
  }
  return {};
}

RelayTransport transport_of(const model::IceServer& server) {
  if (server.kind == model::IceServer::Kind::turns) return RelayTransport::tls;
  return server.transport == model::IceServer::Transport::tcp ? RelayTransport::tcp
                                                              : RelayTransport::udp;
}

RelayWay way_to(const model::IceServer& relay, RelayTransport transport, uint16_t port,
                const std::string& ca_file, RelayWay::Meant meant) {
  return {{transport, relay.host, port, relay.username, relay.password, ca_file}, meant};
}

bool named(const std::vector<model::IceServer>& servers, const std::string& host,
           RelayTransport transport) {
  return std::any_of(servers.begin(), servers.end(), [&](const model::IceServer& each) {
    return each.relays() && each.host == host && transport_of(each) == transport;
  });
}

// A way that nobody has asked for may be missing.
void soften(model::Check& check, RelayTransport transport) {
  check.result = CheckResult::warning;
  check.found += "; " + capitals(transport) + " is not asked for by the settings";
  if (check.reason == "TURN_CREDENTIALS_MISSING" || check.reason == "TURN_CREDENTIALS_REFUSED")
    return;
  check.remedy =
      "networks that let no UDP through can be left only over TCP or TLS: ask who runs "
      "the relay to listen there, or name the one way that is wanted, as in "
      "turn:USER@HOST:PORT?transport=udp";
}

model::Check begin(std::string id, const Subject& subject) {
  model::Check check;
  check.id = std::move(id);
  check.account = model::AccountId(subject.account);
  return check;
}

model::Check mapping_check(const MappingOutcome& outcome, const Subject& subject, bool has_relay) {
  model::Check check = begin("stun.mapping", subject);
  check.facts["mapping"] = to_string(outcome.mapping);
  for (const Sighting& each : outcome.sightings) check.addresses.push_back(each.mapped.text());
  switch (outcome.mapping) {
    case Mapping::none:
      check.found = "no NAT: this machine is seen by its own address";
      break;
    case Mapping::endpoint_independent:
      check.found = "a NAT that shows one address to all: calls can go directly";
      break;
    case Mapping::unknown:
      check.found = "a NAT; of what kind, a second address of a STUN server would tell";
      break;
    case Mapping::address_dependent:
      check.result = CheckResult::warning;
      check.reason = "NAT_SYMMETRIC";
      check.found = "a symmetric NAT: another address for each far end, calls need a relay";
      check.remedy = has_relay
                         ? "a relay is set, and calls will go through it"
                         : "set a relay: \"commctl account set " + subject.account +
                               " turn=turn:HOST turn_username=NAME --turn-password-file FILE\"";
      break;
  }
  return check;
}

}  // namespace

std::vector<RelayWay> ways_of(const std::vector<model::IceServer>& servers,
                              const std::string& ca_file) {
  std::vector<RelayWay> ways;
  for (const model::IceServer& each : servers) {
    if (!each.relays()) continue;
    const RelayTransport meant = transport_of(each);
    ways.push_back(way_to(each, meant, each.port, ca_file, RelayWay::Meant::yes));
    if (meant != RelayTransport::udp) continue;
    for (const auto other : {RelayTransport::tcp, RelayTransport::tls}) {
      const uint16_t port = other == RelayTransport::tcp ? each.port : model::ice_server_tls_port;
      if (!named(servers, each.host, other))
        ways.push_back(way_to(each, other, port, ca_file, RelayWay::Meant::no));
    }
  }
  return ways;
}

std::vector<StunPlace> stun_places_of(const std::vector<model::IceServer>& servers) {
  std::vector<StunPlace> places;
  for (const model::IceServer& each : servers) {
    const StunPlace place{each.host, each.port};
    const bool udp = each.relays() ? transport_of(each) == RelayTransport::udp
                                   : each.kind == model::IceServer::Kind::stun &&
                                         each.transport == model::IceServer::Transport::udp;
    if (udp && std::find(places.begin(), places.end(), place) == places.end())
      places.push_back(place);
  }
  return places;
}

model::Check relay_check(const RelayWay& way, const RelayOutcome& outcome, const Subject& subject) {
  const std::string id = std::string("turn.") + to_string(way.target.transport);
  const std::string place = place_text(way.target.host, way.target.port);
  model::Check check = begin(id, subject);
  if (outcome.error) {
    check = failed_check(id, subject, *outcome.error);
    check.found = place + " over " + capitals(way.target.transport) + ": " + check.found;
    if (way.meant == RelayWay::Meant::no) soften(check, way.target.transport);
  } else {
    check.addresses = {outcome.relayed->text()};
    check.found =
        place + " over " + capitals(way.target.transport) + " gives " + outcome.relayed->text();
    check.facts["relayed"] = outcome.relayed->text();
    check.facts["mapped"] = outcome.mapped->text();
    check.facts["allocation_time"] = in_ms(*outcome.allocation_time);
  }
  check.facts["server"] = place;
  check.facts["transport"] = to_string(way.target.transport);
  if (outcome.server) check.facts["server_address"] = outcome.server->text();
  if (outcome.error) return check;
  if (outcome.round_trip) {
    check.round_trip = outcome.round_trip;
    check.found += ", through it and back in " + in_ms(*outcome.round_trip);
  } else {
    check.result = CheckResult::warning;
    check.reason = outcome.not_relayed->reason;
    check.found += ", but " + outcome.not_relayed->message;
    check.remedy = remedy_for(*outcome.not_relayed, subject);
  }
  return check;
}

std::vector<model::Check> mapping_checks(const MappingOutcome& outcome, const Subject& subject,
                                         bool has_relay) {
  if (outcome.error) return {failed_check("stun.binding", subject, *outcome.error)};
  model::Check check = begin("stun.binding", subject);
  const Sighting& first = outcome.sightings.front();
  check.found = first.server.text() + " sees this machine as " + first.mapped.text() + ", in " +
                in_ms(outcome.round_trip);
  check.addresses = {first.mapped.text()};
  check.round_trip = outcome.round_trip;
  check.facts["server"] = first.server.text();
  check.facts["mapped"] = first.mapped.text();
  if (outcome.local) check.facts["local"] = outcome.local->text();
  return {std::move(check), mapping_check(outcome, subject, has_relay)};
}

}  // namespace commd::probe
