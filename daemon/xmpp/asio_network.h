// The real Network: daemon/net on the loop of the XMPP thread, keys from a pool.
#pragma once

#include <memory>
#include <string>

#include "daemon/loop/core_loop.h"
#include "daemon/loop/pool.h"
#include "daemon/xmpp/network.h"

namespace commd::xmpp {

// XMPP thread, also its making and its end. Loop and pool outlive it.
class AsioNetwork final : public Network {
 public:
  // `resolv_conf`: empty for the system's.
  AsioNetwork(loop::CoreLoop& loop, loop::Pool& pool, const std::string& resolv_conf);
  ~AsioNetwork() override;

  net::OperationHandle find(const ServerQuery& query, net::TargetsDone done) override;
  net::OperationHandle connect(std::vector<net::Target> targets, std::chrono::seconds keepalive,
                               ConnectDone done) override;
  net::OperationHandle find_ice_servers(IceServers servers,
                                        std::function<void(IceServers)> done) override;
  net::OperationHandle derive(DeriveKeys what, std::function<void(ScramKeys)> done) override;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace commd::xmpp
