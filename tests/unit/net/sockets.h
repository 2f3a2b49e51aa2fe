// Listeners on loopback, and pairs of connected sockets.
#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdint>
#include <vector>

#include "daemon/base/unique_fd.h"
#include "daemon/net/address.h"

namespace commd::net::test {

class Listener {
 public:
  explicit Listener(Family family = Family::v4, int backlog = 16, uint16_t port = 0)
      : socket_(
            ::socket(family == Family::v4 ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const int on = 1;
    if (family == Family::v6)
      ::setsockopt(socket_.get(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
    SocketAddress address({IpAddress::loopback(family), port});
    bound_ = ::bind(socket_.get(), address.get(), address.length) == 0 &&
             ::listen(socket_.get(), backlog) == 0;
    ::getsockname(socket_.get(), reinterpret_cast<sockaddr*>(&address.storage), &address.length);
    // The port is at the same place for both families.
    port_ = ntohs(reinterpret_cast<const sockaddr_in&>(address.storage).sin_port);
  }
  bool bound() const { return bound_; }
  uint16_t port() const { return port_; }
  base::UniqueFd accept() const {
    return base::UniqueFd(::accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC));
  }
  // Fills the queue, so that the kernel answers no further connection.
  void fill() {
    for (int i = 0; i < 8; ++i) {
      fillers_.emplace_back(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
      const SocketAddress address({IpAddress::loopback(Family::v4), port_});
      ::connect(fillers_.back().get(), address.get(), address.length);
    }
  }

 private:
  base::UniqueFd socket_;
  uint16_t port_ = 0;
  bool bound_ = false;
  std::vector<base::UniqueFd> fillers_;
};

// A port on loopback where nobody listens, held so that nobody else gets it.
class ClosedPort {
 public:
  ClosedPort() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    SocketAddress address({IpAddress::loopback(Family::v4), 0});
    ::bind(socket_.get(), address.get(), address.length);
    ::getsockname(socket_.get(), reinterpret_cast<sockaddr*>(&address.storage), &address.length);
    port_ = ntohs(reinterpret_cast<const sockaddr_in&>(address.storage).sin_port);
  }
  uint16_t port() const { return port_; }

 private:
  base::UniqueFd socket_;
  uint16_t port_ = 0;
};

struct SocketPair {
  base::UniqueFd ours;    // non-blocking
  base::UniqueFd theirs;  // blocking
};

inline SocketPair connected_pair() {
  const Listener listener;
  SocketPair pair;
  pair.ours.reset(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  const SocketAddress address({IpAddress::loopback(Family::v4), listener.port()});
  ::connect(pair.ours.get(), address.get(), address.length);
  pair.theirs = listener.accept();
  return pair;
}

inline base::UniqueFd connected_to(uint16_t port) {
  base::UniqueFd socket(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  const SocketAddress address({IpAddress::loopback(Family::v4), port});
  ::connect(socket.get(), address.get(), address.length);
  return socket;
}

}  // namespace commd::net::test
