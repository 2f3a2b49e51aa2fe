#include "daemon/xmpp/asio_byte_network.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <utility>

#include "daemon/base/unique_fd.h"
#include "daemon/loop/asio.h"
#include "daemon/net/address.h"
#include "daemon/net/connector.h"
#include "daemon/net/socket_watch.h"
#include "daemon/net/tcp_stream.h"

namespace commd::xmpp {
namespace {

constexpr size_t most_addresses = 8;
constexpr int accepted_at_once = 8;

net::ResolverOptions resolver_options(const std::string& resolv_conf) {
  net::ResolverOptions options;
  if (!resolv_conf.empty()) options.resolv_conf = resolv_conf;
  return options;
}

class TcpListener final : public ByteNetwork::Listener {
 public:
  TcpListener(boost::asio::io_context& context, base::UniqueFd socket, uint16_t port,
              std::function<void(ByteNetwork::Stream)> came)
      : context_(context),
        port_(port),
        came_(std::move(came)),
        watch_(context, std::move(socket), [this] { accept(); }) {
    watch_.want_read();
  }

  uint16_t port() const override { return port_; }

 private:
  void accept() {
    const std::weak_ptr<bool> alive = alive_;
    for (int i = 0; i < accepted_at_once; ++i) {
      base::UniqueFd socket(::accept4(watch_.fd(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
      if (!socket) break;
      net::set_options(socket.get(), {});
      came_(std::make_unique<net::TcpStream>(context_, std::move(socket)));
      if (alive.expired()) return;
    }
    watch_.want_read();
  }

  boost::asio::io_context& context_;
  const uint16_t port_;
  std::function<void(ByteNetwork::Stream)> came_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  net::SocketWatch watch_;
};

// IPv6 takes IPv4 as well; where there is none, IPv4 alone.
base::UniqueFd listening_socket(uint16_t& port) {
  for (const int family : {AF_INET6, AF_INET}) {
    base::UniqueFd socket(::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!socket) continue;
    const int no = 0;
    if (family == AF_INET6) ::setsockopt(socket.get(), IPPROTO_IPV6, IPV6_V6ONLY, &no, sizeof no);
    sockaddr_storage any{};
    any.ss_family = static_cast<sa_family_t>(family);
    const socklen_t size = family == AF_INET6 ? sizeof(sockaddr_in6) : sizeof(sockaddr_in);
    if (::bind(socket.get(), reinterpret_cast<sockaddr*>(&any), size) != 0 ||
        ::listen(socket.get(), 8) != 0)
      continue;
    sockaddr_storage bound{};
    socklen_t length = sizeof bound;
    if (::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&bound), &length) != 0) continue;
    const auto endpoint = net::Endpoint::of(bound);
    if (!endpoint) continue;
    port = endpoint->port;
    return socket;
  }
  return {};
}

bool is_usable(const net::IpAddress& ip) {
  const auto bytes = ip.bytes();
  if (ip.family() == net::Family::v4) return !(bytes[0] == 169 && bytes[1] == 254);
  return !(bytes[0] == 0xFE && (bytes[1] & 0xC0) == 0x80);  // link-local wants a zone
}

}  // namespace

AsioByteNetwork::AsioByteNetwork(loop::CoreLoop& loop, const std::string& resolv_conf)
    : loop_(loop), resolver_(loop.context(), resolver_options(resolv_conf)) {}

net::OperationHandle AsioByteNetwork::connect(const std::string& host, uint16_t port, Reach reach,
                                              ConnectDone done) {
  net::ConnectOptions options;
  options.attempt_timeout = options.deadline = std::chrono::seconds(5);
  options.others_alone = reach == Reach::others;
  return net::connect_any(
      loop_.context(), resolver_, {{host, port, 0, {}}}, options,
      [this, done = std::move(done)](base::Result<net::Connected> connected) {
        if (!connected) return done(base::fail(connected.error()));
        done(std::make_unique<net::TcpStream>(loop_.context(), std::move(connected->socket)));
      });
}

std::unique_ptr<ByteNetwork::Listener> AsioByteNetwork::listen(std::function<void(Stream)> came) {
  uint16_t port = 0;
  base::UniqueFd socket = listening_socket(port);
  if (!socket) return nullptr;
  return std::make_unique<TcpListener>(loop_.context(), std::move(socket), port, std::move(came));
}

std::vector<std::string> AsioByteNetwork::addresses() {
  std::vector<std::string> found, loopback;
  ifaddrs* all = nullptr;
  if (::getifaddrs(&all) != 0) return found;
  for (const ifaddrs* each = all; each; each = each->ifa_next) {
    if (!each->ifa_addr || !(each->ifa_flags & IFF_UP)) continue;
    sockaddr_storage address{};
    const int family = each->ifa_addr->sa_family;
    if (family == AF_INET)
      *reinterpret_cast<sockaddr_in*>(&address) = *reinterpret_cast<sockaddr_in*>(each->ifa_addr);
    else if (family == AF_INET6)
      *reinterpret_cast<sockaddr_in6*>(&address) = *reinterpret_cast<sockaddr_in6*>(each->ifa_addr);
    else
      continue;
    const auto endpoint = net::Endpoint::of(address);
    if (!endpoint || !is_usable(endpoint->ip)) continue;
    auto& to = each->ifa_flags & IFF_LOOPBACK ? loopback : found;
    if (to.size() < most_addresses) to.push_back(endpoint->ip.text());
  }
  ::freeifaddrs(all);
  return found.empty() ? loopback : found;
}

}  // namespace commd::xmpp
