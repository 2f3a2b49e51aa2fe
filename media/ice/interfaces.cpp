#include "media/ice/interfaces.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>

#include <array>
#include <memory>

#include "media/ice/ip_kind.h"

namespace commd::ice {

std::vector<std::string> interface_addresses(size_t most) {
  ifaddrs* list = nullptr;
  if (::getifaddrs(&list) != 0) return {};
  const std::unique_ptr<ifaddrs, decltype(&::freeifaddrs)> owner(list, &::freeifaddrs);
  std::vector<std::string> found;
  for (const ifaddrs* at = list; at != nullptr && found.size() < most; at = at->ifa_next) {
    if (at->ifa_addr == nullptr || (at->ifa_flags & IFF_UP) == 0) continue;
    const int family = at->ifa_addr->sa_family;
    const void* address = nullptr;
    if (family == AF_INET)
      address = &reinterpret_cast<const sockaddr_in*>(at->ifa_addr)->sin_addr;
    else if (family == AF_INET6)
      address = &reinterpret_cast<const sockaddr_in6*>(at->ifa_addr)->sin6_addr;
    else
      continue;
    std::array<char, INET6_ADDRSTRLEN> text{};
    if (::inet_ntop(family, address, text.data(), text.size()) == nullptr) continue;
    const IpKind kind = kind_of(text.data());
    const bool useful =
        kind == IpKind::unicast || (kind == IpKind::link_local && family == AF_INET);
    if (useful) found.emplace_back(text.data());
  }
  return found;
}

}  // namespace commd::ice
