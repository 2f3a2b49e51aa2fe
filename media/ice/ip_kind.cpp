#include "media/ice/ip_kind.h"

#include <arpa/inet.h>

#include <algorithm>
#include <string>

namespace commd::ice {

namespace {

constexpr size_t longest_literal = INET6_ADDRSTRLEN;

IpKind kind_of_v4(const in_addr& address) {
  const auto* octets = reinterpret_cast<const unsigned char*>(&address);
  if (octets[0] == 127) return IpKind::loopback;
  if (octets[0] == 169 && octets[1] == 254) return IpKind::link_local;
  // 0.0.0.0/8, and from 224 on multicast, reserved and broadcast.
  if (octets[0] == 0 || octets[0] >= 224) return IpKind::forbidden;
  return IpKind::unicast;
}

IpKind kind_of_v6(const in6_addr& address) {
  if (IN6_IS_ADDR_LOOPBACK(&address)) return IpKind::loopback;
  if (IN6_IS_ADDR_LINKLOCAL(&address)) return IpKind::link_local;
  if (IN6_IS_ADDR_UNSPECIFIED(&address) || IN6_IS_ADDR_MULTICAST(&address) ||
      IN6_IS_ADDR_V4MAPPED(&address) || IN6_IS_ADDR_V4COMPAT(&address) ||
      IN6_IS_ADDR_SITELOCAL(&address)) {
    return IpKind::forbidden;
  }
  return IpKind::unicast;
}

}  // namespace

IpKind kind_of(std::string_view ip) {
  if (ip.size() > longest_literal || ip.find('\0') != ip.npos) return IpKind::none;
  const std::string text(ip);
  in_addr v4{};
  if (::inet_pton(AF_INET, text.c_str(), &v4) == 1) return kind_of_v4(v4);
  in6_addr v6{};
  if (::inet_pton(AF_INET6, text.c_str(), &v6) == 1) return kind_of_v6(v6);
  return IpKind::none;
}

}  // namespace commd::ice
