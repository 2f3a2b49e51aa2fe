#include "daemon/net/local_address.h"

#include <sys/socket.h>

#include "daemon/base/unique_fd.h"
#include "daemon/net/address.h"

namespace commd::net {
namespace {

constexpr uint16_t discard_port = 9;

}  // namespace

std::string local_address_towards(const std::string& ip) {
  const auto peer = IpAddress::parse(ip);
  if (!peer) return {};
  const SocketAddress target({*peer, discard_port});
  const base::UniqueFd fd(::socket(target.get()->sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  sockaddr_storage own{};
  socklen_t length = sizeof own;
  if (!fd || ::connect(fd.get(), target.get(), target.length) != 0 ||
      ::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&own), &length) != 0)
    return {};
  const auto found = Endpoint::of(own);
  return found ? found->ip.text() : std::string();
}

}  // namespace commd::net
