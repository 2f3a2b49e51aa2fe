// What a login needs of the world: the server's places, a connection, TLS, and somebody to
// derive keys. An interface, so that a session can be tried without a socket.
//
// XMPP thread. No `done` comes inside the call that asked for it, nor after what was
// returned is gone.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "daemon/base/result.h"
#include "daemon/model/ice_server.h"
#include "daemon/net/byte_stream.h"
#include "daemon/net/operation.h"
#include "daemon/net/service_targets.h"
#include "daemon/xmpp/scram.h"
#include "daemon/xmpp/stream_error.h"
#include "daemon/xmpp/stream_negotiator.h"

namespace commd::xmpp {

// Where an account's server may be. A target's tag is its TlsMode as a number.
struct ServerQuery {
  std::string domain;              // of the address, any spelling
  std::optional<HostPort> server;  // named by a person or by the server; none: DNS tells
  std::optional<TlsMode> tls;      // this way only; none: both, as DNS has them
};

// Whom TLS must reach, and by which authorities.
struct TlsWish {
  std::string domain;   // in A-labels: FoundTargets::domain
  std::string ca_file;  // empty: the system's
};

// TLS is up, its certificate is good.
struct Secured {
  std::unique_ptr<net::ByteStream> stream;
  TlsFacts facts;
  std::string version;  // "TLSv1.3"
};

// A TCP connection to one target, not yet in TLS.
class Connection {
 public:
  virtual ~Connection() = default;
  virtual const net::Target& target() const = 0;
  virtual size_t target_index() const = 0;  // in the list given
  virtual std::string remote() const = 0;   // "192.0.2.1:5222"

  // For what comes before STARTTLS; of this connection, gone with secure().
  virtual net::ByteStream& clear() = 0;
  // The same for good, where there is to be no TLS: it outlives the connection.
  virtual std::unique_ptr<net::ByteStream> take_clear() = 0;

  using SecureDone = std::function<void(base::Result<Secured>)>;
  // Once; errors as net::start_tls() and net::TlsTrust::load().
  virtual void secure(const TlsWish& wish, SecureDone done) = 0;
};

class Network {
 public:
  virtual ~Network() = default;

  // Errors as net::find_targets().
  [[nodiscard]] virtual net::OperationHandle find(const ServerQuery& query,
                                                  net::TargetsDone done) = 0;

  using ConnectDone = std::function<void(base::Result<std::unique_ptr<Connection>>)>;
  // Errors as net::connect_any(). `keepalive`: how long it is idle before the kernel asks
  // whether the peer lives; 0 = never.
  [[nodiscard]] virtual net::OperationHandle connect(std::vector<net::Target> targets,
                                                     std::chrono::seconds keepalive,
                                                     ConnectDone done) = 0;

  // As net::find_ice_servers().
  using IceServers = std::vector<model::IceServer>;
  [[nodiscard]] virtual net::OperationHandle find_ice_servers(
      IceServers servers, std::function<void(IceServers)> done) = 0;

  // derive_scram_keys() somewhere else.
  [[nodiscard]] virtual net::OperationHandle derive(DeriveKeys what,
                                                    std::function<void(ScramKeys)> done) = 0;
};

}  // namespace commd::xmpp
