#include "media/engine/socket_address.h"

#include <arpa/inet.h>

#include <array>
#include <cstring>

namespace commd::engine {

std::optional<SocketAddress> SocketAddress::parse(std::string_view ip, uint16_t port) {
  std::array<char, INET6_ADDRSTRLEN + 1> text{};
  if (ip.empty() || ip.size() >= text.size()) return std::nullopt;
  std::memcpy(text.data(), ip.data(), ip.size());
  SocketAddress address;
  if (inet_pton(AF_INET, text.data(), &address.raw_.v4.sin_addr) == 1) {
    address.raw_.v4.sin_family = AF_INET;
  } else if (inet_pton(AF_INET6, text.data(), &address.raw_.v6.sin6_addr) == 1) {
    address.raw_.v6.sin6_family = AF_INET6;
  } else {
    return std::nullopt;
  }
  address.set_port(port);
  return address;
}

std::optional<SocketAddress> SocketAddress::from(const model::TransportAddress& address) {
  return parse(address.ip, address.port);
}

uint16_t SocketAddress::port() const {
  return ntohs(is_ipv6() ? raw_.v6.sin6_port : raw_.v4.sin_port);
}

void SocketAddress::set_port(uint16_t port) {
  if (is_ipv6()) {
    raw_.v6.sin6_port = htons(port);
  } else {
    raw_.v4.sin_port = htons(port);
  }
}

std::string SocketAddress::ip() const {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (raw_.any.sa_family == AF_INET) {
    inet_ntop(AF_INET, &raw_.v4.sin_addr, text.data(), text.size());
  } else if (is_ipv6()) {
    inet_ntop(AF_INET6, &raw_.v6.sin6_addr, text.data(), text.size());
  }
  return text.data();
}

std::string SocketAddress::to_string() const {
  if (!*this) return {};
  std::string text;
  if (is_ipv6()) text += '[';
  text += ip();
  if (is_ipv6()) text += ']';
  text += ':';
  text += std::to_string(port());
  return text;
}

bool SocketAddress::is_loopback() const {
  if (is_ipv6()) return IN6_IS_ADDR_LOOPBACK(&raw_.v6.sin6_addr);
  return *this && ntohl(raw_.v4.sin_addr.s_addr) >> 24 == 127;
}

bool SocketAddress::is_private() const {
  if (!*this) return false;
  if (is_loopback()) return true;
  if (is_ipv6()) {
    const uint8_t* bytes = raw_.v6.sin6_addr.s6_addr;
    return (bytes[0] & 0xfe) == 0xfc || (bytes[0] == 0xfe && (bytes[1] & 0xc0) == 0x80);
  }
  const uint32_t host = ntohl(raw_.v4.sin_addr.s_addr);
  return host >> 24 == 10 || host >> 20 == 0xac1 || host >> 16 == 0xc0a8 ||
         host >> 22 == (100U << 2 | 1) || host >> 16 == 0xa9fe;
}

bool SocketAddress::is_unicast() const {
  if (!*this) return false;
  if (is_ipv6()) {
    const in6_addr* host = &raw_.v6.sin6_addr;
    return !IN6_IS_ADDR_UNSPECIFIED(host) && !IN6_IS_ADDR_MULTICAST(host) &&
           !IN6_IS_ADDR_V4MAPPED(host) && !IN6_IS_ADDR_V4COMPAT(host);
  }
  const uint32_t first = ntohl(raw_.v4.sin_addr.s_addr) >> 24;
  return first != 0 && first < 224;
}

bool operator==(const SocketAddress& a, const SocketAddress& b) {
  return SocketAddress::same_host(a, b) && a.port() == b.port();
}

bool SocketAddress::same_host(const SocketAddress& a, const SocketAddress& b) {
  if (!a || a.raw_.any.sa_family != b.raw_.any.sa_family) return false;
  if (!a.is_ipv6()) return a.raw_.v4.sin_addr.s_addr == b.raw_.v4.sin_addr.s_addr;
  return IN6_ARE_ADDR_EQUAL(&a.raw_.v6.sin6_addr, &b.raw_.v6.sin6_addr);
}

}  // namespace commd::engine
