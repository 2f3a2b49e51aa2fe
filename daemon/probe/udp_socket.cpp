#include "daemon/probe/udp_socket.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

namespace commd::probe {
namespace {

// One socket must not hold up the loop, however much comes to it.
constexpr int datagrams_at_once = 16;

}  // namespace

base::Result<std::unique_ptr<UdpSocket>> UdpSocket::open(boost::asio::io_context& context,
                                                         net::Family family) {
  const auto failed = [] {
    return base::fail(base::Code::unavailable, "SOCKET_FAILED",
                      "no UDP socket can be opened: " + std::generic_category().message(errno));
  };
  base::UniqueFd socket(::socket(family == net::Family::v4 ? AF_INET : AF_INET6,
                                 SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket) return failed();
  const int one = 1;
  if (family == net::Family::v6)
    ::setsockopt(socket.get(), IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof one);
  const std::array<uint8_t, 16> any{};
  const auto ip = net::IpAddress::of_bytes({any.data(), family == net::Family::v4 ? 4u : 16u});
  const net::SocketAddress address(net::Endpoint{*ip, 0});
  if (::bind(socket.get(), address.get(), address.length) != 0) return failed();
  return std::unique_ptr<UdpSocket>(new UdpSocket(context, std::move(socket)));
}

UdpSocket::UdpSocket(boost::asio::io_context& context, base::UniqueFd socket)
    : watch_(context, std::move(socket), [this] { read(); }) {
  watch_.want_read();
}

UdpSocket::~UdpSocket() { *alive_ = false; }

int UdpSocket::connect(const net::Endpoint& remote) {
  const net::SocketAddress address(remote);
  return ::connect(watch_.fd(), address.get(), address.length) == 0 ? 0 : errno;
}

int UdpSocket::send(std::string_view datagram) {
  if (::send(watch_.fd(), datagram.data(), datagram.size(), MSG_NOSIGNAL) >= 0) return 0;
  return errno == EAGAIN || errno == ENOBUFS || errno == EINTR ? 0 : errno;
}

int UdpSocket::send_to(const net::Endpoint& remote, std::string_view datagram) {
  const net::SocketAddress address(remote);
  if (::sendto(watch_.fd(), datagram.data(), datagram.size(), MSG_NOSIGNAL, address.get(),
               address.length) >= 0)
    return 0;
  return errno == EAGAIN || errno == ENOBUFS || errno == EINTR ? 0 : errno;
}

std::optional<net::Endpoint> UdpSocket::local() const {
  sockaddr_storage storage{};
  socklen_t length = sizeof storage;
  if (::getsockname(watch_.fd(), reinterpret_cast<sockaddr*>(&storage), &length) != 0)
    return std::nullopt;
  return net::Endpoint::of(storage);
}

void UdpSocket::read() {
  // What is called may be the end of this object.
  const std::shared_ptr<bool> alive = alive_;
  const Received received = received_;
  const std::function<void(int)> refused = refused_;
  for (int i = 0; i < datagrams_at_once; ++i) {
    std::array<char, 2048> bytes{};
    sockaddr_storage from{};
    socklen_t length = sizeof from;
    const ssize_t got = ::recvfrom(watch_.fd(), bytes.data(), bytes.size(), 0,
                                   reinterpret_cast<sockaddr*>(&from), &length);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) break;
    if (got < 0) {
      if (refused) refused(errno);
    } else if (const auto remote = net::Endpoint::of(from); remote && received) {
      received(*remote, {bytes.data(), static_cast<size_t>(got)});
    }
    if (!*alive) return;
  }
  watch_.want_read();
}

}  // namespace commd::probe
