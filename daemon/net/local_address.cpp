#include "daemon/net/local_address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <type_traits>

#include "daemon/base/unique_fd.h"
#include "daemon/model/media_address.h"

namespace commd::net {
namespace {

constexpr uint16_t discard_port = 9;

template <class Address>
std::string towards(const Address& peer, int family) {
  const base::UniqueFd fd(::socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  Address own{};
  socklen_t length = sizeof own;
  if (!fd || ::connect(fd.get(), reinterpret_cast<const sockaddr*>(&peer), sizeof peer) != 0 ||
      ::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&own), &length) != 0)
    return {};
  char text[INET6_ADDRSTRLEN] = {};
  const void* bytes = nullptr;
  if constexpr (std::is_same_v<Address, sockaddr_in>)
    bytes = &own.sin_addr;
  else
    bytes = &own.sin6_addr;
  return ::inet_ntop(family, bytes, text, sizeof text) ? text : "";
}

}  // namespace

std::string local_address_towards(const std::string& ip) {
  if (model::is_ipv6(ip)) {
    sockaddr_in6 peer{};
    peer.sin6_family = AF_INET6;
    peer.sin6_port = htons(discard_port);
    if (::inet_pton(AF_INET6, ip.c_str(), &peer.sin6_addr) != 1) return {};
    return towards(peer, AF_INET6);
  }
  sockaddr_in peer{};
  peer.sin_family = AF_INET;
  peer.sin_port = htons(discard_port);
  if (::inet_pton(AF_INET, ip.c_str(), &peer.sin_addr) != 1) return {};
  return towards(peer, AF_INET);
}

}  // namespace commd::net
