#include "daemon/net/tls_tunnel.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "daemon/loop/asio.h"
#include "daemon/net/tcp_stream.h"
#include "daemon/net/tls_stream.h"

namespace commd::net {
namespace {

constexpr int waiting_connections = 32;
constexpr std::chrono::seconds patience{10};

base::UniqueFd loopback_listener(uint16_t& port) {
  base::UniqueFd socket(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  sockaddr_in here{};
  here.sin_family = AF_INET;
  here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof here;
  auto* const address = reinterpret_cast<sockaddr*>(&here);
  if (!socket || ::bind(socket.get(), address, sizeof here) != 0 ||
      ::listen(socket.get(), waiting_connections) != 0 ||
      ::getsockname(socket.get(), address, &size) != 0)
    return {};
  port = ntohs(here.sin_port);
  return socket;
}

}  // namespace

// From one end to the other, and back; over when one of them is.
class TlsTunnel::Connection {
 public:
  Connection(TlsTunnel& tunnel, base::UniqueFd socket) : tunnel_(tunnel) {
    near_ = std::make_unique<TcpStream>(tunnel.around_.context, std::move(socket));
    pending_ = tunnel_.around_.trust.get(
        tunnel_.server_.ca_file, [this](base::Result<std::shared_ptr<const TlsTrust>> trust) {
          if (!trust) return failed(trust.error());
          connect(std::move(*trust));
        });
  }

 private:
  void connect(std::shared_ptr<const TlsTrust> trust) {
    ConnectOptions options;
    options.attempt_timeout = options.deadline = patience;
    const model::IceServer& server = tunnel_.server_;
    pending_ = connect_any(tunnel_.around_.context, tunnel_.around_.resolver,
                           {{server.host, server.port, 0, {}}}, options,
                           [this, trust = std::move(trust)](base::Result<Connected> connected) {
                             if (!connected) return failed(connected.error());
                             secure(trust, std::move(connected->socket));
                           });
  }

  void secure(std::shared_ptr<const TlsTrust> trust, base::UniqueFd socket) {
    const model::IceServer& server = tunnel_.server_;
    TlsClientOptions options;
    options.reference.domain =
        server.certificate_name.empty() ? server.host : server.certificate_name;
    pending_ = start_tls(tunnel_.around_.context, std::move(socket), std::move(trust),
                         std::move(options), [this](base::Result<std::unique_ptr<TlsStream>> up) {
                           if (!up) return failed(up.error());
                           far_ = std::move(*up);
                           carry(*near_, *far_);
                           carry(*far_, *near_);
                         });
  }

  void carry(ByteStream& from, ByteStream& to) {
    from.read([this, &from, &to](base::Result<std::string_view> came) {
      if (!came || came->empty()) return tunnel_.over(*this);
      to.write(std::string(*came), [this, &from, &to](const base::Result<void>& written) {
        if (!written) return tunnel_.over(*this);
        carry(from, to);
      });
    });
  }

  void failed(const base::Error& error) {
    if (!std::exchange(tunnel_.told_, true))
      tunnel_.around_.log->warn("event: relay_not_reached, server: {}, reason: {}, message: {}",
                                tunnel_.server_.host, error.reason, error.message);
    tunnel_.over(*this);
  }

  TlsTunnel& tunnel_;
  OperationHandle pending_;
  std::unique_ptr<ByteStream> near_;
  std::unique_ptr<ByteStream> far_;
};

std::unique_ptr<TlsTunnel> TlsTunnel::open(Around& around, const model::IceServer& server) {
  uint16_t port = 0;
  base::UniqueFd socket = loopback_listener(port);
  if (!socket) return nullptr;
  return std::unique_ptr<TlsTunnel>(new TlsTunnel(around, server, std::move(socket), port));
}

TlsTunnel::TlsTunnel(Around& around, model::IceServer server, base::UniqueFd socket, uint16_t port)
    : around_(around),
      server_(std::move(server)),
      port_(port),
      watch_(around.context, std::move(socket), [this] { accept(); }) {
  watch_.want_read();
}

TlsTunnel::~TlsTunnel() = default;

// What it has no room for waits with the kernel, and wakes nobody.
void TlsTunnel::accept() {
  const std::weak_ptr<bool> alive = alive_;
  waits_ = true;
  while (connections_.size() < most_connections) {
    base::UniqueFd socket(::accept4(watch_.fd(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!socket) {
      // Otherwise there are no descriptors: the end of a connection gives one back.
      waits_ = errno != EAGAIN && errno != EWOULDBLOCK && !connections_.empty();
      break;
    }
    set_options(socket.get(), {});
    connections_.push_back(std::make_unique<Connection>(*this, std::move(socket)));
    if (alive.expired()) return;
  }
  if (!waits_) watch_.want_read();
}

void TlsTunnel::over(Connection& connection) {
  const auto at = std::find_if(connections_.begin(), connections_.end(),
                               [&](const auto& one) { return one.get() == &connection; });
  if (at != connections_.end()) connections_.erase(at);
  if (std::exchange(waits_, false)) watch_.want_read();
}

}  // namespace commd::net
