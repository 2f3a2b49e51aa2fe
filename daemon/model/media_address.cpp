#include "daemon/model/media_address.h"

#include <arpa/inet.h>

#include <cstdint>
#include <cstring>

namespace commd::model {

bool is_ipv6(std::string_view ip) { return ip.find(':') != std::string_view::npos; }

AddressUse address_use(std::string_view ip) {
  const std::string text(ip.substr(0, 64));
  if (is_ipv6(ip)) {
    in6_addr address{};
    if (inet_pton(AF_INET6, text.c_str(), &address) != 1) return AddressUse::forbidden;
    if (IN6_IS_ADDR_UNSPECIFIED(&address)) return AddressUse::unspecified;
    // IPv4 in IPv6's clothes would carry its multicast and broadcast past us.
    const bool disguised = IN6_IS_ADDR_V4MAPPED(&address) || IN6_IS_ADDR_V4COMPAT(&address);
    if (disguised && !IN6_IS_ADDR_LOOPBACK(&address)) return AddressUse::forbidden;
    return IN6_IS_ADDR_MULTICAST(&address) ? AddressUse::forbidden : AddressUse::usable;
  }
  in_addr address{};
  if (inet_pton(AF_INET, text.c_str(), &address) != 1) return AddressUse::forbidden;
  const uint32_t host = ntohl(address.s_addr);
  if (host == 0) return AddressUse::unspecified;
  // 0/8 "this network", 224/4 multicast, 240/4 reserved with the broadcast address.
  const uint32_t first = host >> 24;
  return first == 0 || first >= 224 ? AddressUse::forbidden : AddressUse::usable;
}

}  // namespace commd::model
