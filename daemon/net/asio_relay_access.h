// ports::RelayAccess over this room's names and TLS.
#pragma once

#include <map>
#include <memory>

#include "daemon/base/log.h"
#include "daemon/loop/core_loop.h"
#include "daemon/loop/pool.h"
#include "daemon/net/operation.h"
#include "daemon/net/resolver.h"
#include "daemon/net/tls_trust.h"
#include "daemon/net/tls_tunnel.h"
#include "daemon/ports/relay_access.h"

namespace commd::net {

class AsioRelayAccess final : public ports::RelayAccess {
 public:
  // Core thread. Loop and pool outlive it, it outlives its doors. `resolv_conf`: empty for
  // the system's.
  AsioRelayAccess(loop::CoreLoop& loop, loop::Pool& pool, const std::string& resolv_conf,
                  base::Logger log);

  void resolve(Servers servers, std::function<void(Servers)> done) override;
  std::unique_ptr<ports::RelayDoor> open_door(const model::IceServer& server) override;

 private:
  loop::CoreLoop& loop_;
  Resolver resolver_;
  TlsTrustSets trust_;
  TlsTunnel::Around around_;
  std::map<unsigned, OperationHandle> lookups_;
  unsigned next_ = 0;
};

}  // namespace commd::net
