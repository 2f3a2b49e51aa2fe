// An IP address and UDP port in the kernel's own form, compared and sent to
// without parsing again. A small value; any thread.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "daemon/model/session_description.h"

namespace commd::engine {

class SocketAddress {
 public:
  // No address: never equal to one that a packet came from.
  SocketAddress() { raw_.any.sa_family = AF_UNSPEC; }
  // An IPv4 or IPv6 literal, no names and no scope. nullopt if it is neither.
  static std::optional<SocketAddress> parse(std::string_view ip, uint16_t port);
  static std::optional<SocketAddress> from(const model::TransportAddress& address);

  explicit operator bool() const { return raw_.any.sa_family != AF_UNSPEC; }
  bool is_ipv6() const { return raw_.any.sa_family == AF_INET6; }
  uint16_t port() const;
  void set_port(uint16_t port);
  std::string ip() const;
  // "127.0.0.1:20000", "[::1]:20000"; empty without an address.
  std::string to_string() const;

  const sockaddr* data() const { return &raw_.any; }
  socklen_t size() const { return is_ipv6() ? sizeof raw_.v6 : sizeof raw_.v4; }
  // For recvfrom(): room for either family.
  sockaddr* writable() { return &raw_.any; }
  static constexpr socklen_t capacity = sizeof(sockaddr_in6);

  bool is_loopback() const;
  // 10/8, 172.16/12, 192.168/16, 100.64/10, 169.254/16, loopback, fc00::/7, fe80::/10.
  bool is_private() const;
  // One host that may be sent to: not unspecified, multicast, broadcast, reserved
  // (0/8, 240/4) nor an IPv4 address dressed as IPv6.
  bool is_unicast() const;

  friend bool operator==(const SocketAddress& a, const SocketAddress& b);
  // The same host, whatever the ports.
  static bool same_host(const SocketAddress& a, const SocketAddress& b);

 private:
  union {
    sockaddr any;
    sockaddr_in v4;
    sockaddr_in6 v6;
  } raw_{};
};

}  // namespace commd::engine
