// The real ByteNetwork: sockets on the loop of the XMPP thread.
#pragma once

#include "daemon/loop/core_loop.h"
#include "daemon/net/resolver.h"
#include "daemon/xmpp/byte_network.h"

namespace commd::xmpp {

// XMPP thread, also its making and its end. The loop outlives it.
class AsioByteNetwork final : public ByteNetwork {
 public:
  // `resolv_conf`: empty: the system's.
  AsioByteNetwork(loop::CoreLoop& loop, const std::string& resolv_conf);

  net::OperationHandle connect(const std::string& host, uint16_t port, Reach reach,
                               ConnectDone done) override;
  std::unique_ptr<Listener> listen(std::function<void(Stream)> came) override;
  std::vector<std::string> addresses() override;

 private:
  loop::CoreLoop& loop_;
  net::Resolver resolver_;
};

}  // namespace commd::xmpp
