#include "daemon/net/asio_relay_access.h"

#include <utility>

#include "daemon/loop/asio.h"
#include "daemon/net/ice_server_addresses.h"

namespace commd::net {
namespace {

ResolverOptions resolver_options(const std::string& resolv_conf) {
  ResolverOptions options;
  if (!resolv_conf.empty()) options.resolv_conf = resolv_conf;
  return options;
}

}  // namespace

AsioRelayAccess::AsioRelayAccess(loop::CoreLoop& loop, loop::Pool& pool,
                                 const std::string& resolv_conf, base::Logger log)
    : loop_(loop),
      resolver_(loop.context(), resolver_options(resolv_conf)),
      trust_(loop.context(), pool),
      around_{loop.context(), resolver_, trust_, std::move(log)} {}

void AsioRelayAccess::resolve(Servers servers, std::function<void(Servers)> done) {
  const unsigned number = next_++;
  lookups_[number] = find_ice_servers(loop_.context(), resolver_, std::move(servers),
                                      [this, number, done = std::move(done)](Servers found) {
                                        const auto over = std::move(lookups_[number]);
                                        lookups_.erase(number);
                                        done(std::move(found));
                                      });
}

std::unique_ptr<ports::RelayDoor> AsioRelayAccess::open_door(const model::IceServer& server) {
  return TlsTunnel::open(around_, server);
}

}  // namespace commd::net
