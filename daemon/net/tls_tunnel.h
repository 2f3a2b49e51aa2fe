// A door on the loopback that leads to one server by TLS: each connection to it becomes one
// to the server, whose certificate must be good; then octets pass as they come.
//
// Thread of the io_context.
#pragma once

#include <list>
#include <memory>
#include <string>

#include "daemon/base/log.h"
#include "daemon/net/byte_stream.h"
#include "daemon/net/connector.h"
#include "daemon/net/socket_watch.h"
#include "daemon/net/tls_trust.h"
#include "daemon/ports/relay_access.h"

namespace commd::net {

class TlsTunnel final : public ports::RelayDoor {
 public:
  // At once; an agent of ICE makes one for each address and component that it has.
  static constexpr size_t most_connections = 64;

  // What a tunnel goes by; outlives it.
  struct Around {
    boost::asio::io_context& context;
    Resolver& resolver;
    TlsTrustSets& trust;
    base::Logger log;
  };

  // Null: there is no socket for it.
  static std::unique_ptr<TlsTunnel> open(Around& around, const model::IceServer& server);
  ~TlsTunnel() override;

  model::TransportAddress address() const override { return {"127.0.0.1", port_}; }

 private:
  class Connection;

  TlsTunnel(Around& around, model::IceServer server, base::UniqueFd socket, uint16_t port);
  void accept();
  void over(Connection& connection);

  Around& around_;
  const model::IceServer server_;
  const uint16_t port_;
  std::list<std::unique_ptr<Connection>> connections_;
  bool told_ = false;   // that the server is not reached
  bool waits_ = false;  // for one of the connections to end
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  SocketWatch watch_;
};

}  // namespace commd::net
