#include "daemon/core/account_discovery.h"

#include <utility>

#include "daemon/core/account_rules.h"
#include "daemon/model/host_port.h"

namespace commd::core {

void AccountDiscovery::discover(const std::string& address,
                                std::function<void(base::Result<Found>)> done) {
  const auto parts = parse_own_address(address);
  if (!parts) return done(base::fail(parts.error()));
  const auto place = model::parse_host_port(parts->domain);
  const bool ask = network_ != nullptr && !parts->scheme_given &&
                   !(place && (place->port != 0 || model::is_ip_literal(place->host)));
  if (!ask) return done(Found{{{parts->protocol, parts->uri, {}}}, {}});
  network_->discover(parts->domain, [user = parts->user + "@" + parts->domain,
                                     done = std::move(done)](
                                        base::Result<ports::FoundServers> servers) {
    if (!servers) return done(base::fail(servers.error()));
    Found found;
    for (ports::FoundServer& server : servers->found)
      found.candidates.push_back(
          {server.protocol, (server.protocol == model::Protocol::xmpp ? "xmpp:" : "sip:") + user,
           std::move(server.found_by)});
    found.tried = std::move(servers->tried);
    done(std::move(found));
  });
}

}  // namespace commd::core
