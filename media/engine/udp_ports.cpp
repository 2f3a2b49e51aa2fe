#include "media/engine/udp_ports.h"

#include <netinet/ip.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "daemon/base/random.h"

namespace commd::engine {
namespace {

using base::fail;
using base::Result;

// Expedited forwarding (RFC 3246), as RFC 4594 has it for telephony.
constexpr int traffic_class = 46 << 2;
// More than a second of 20 ms packets with the kernel's overhead; the kernel doubles it.
constexpr int receive_buffer = 128 * 1024;

// A bound socket, or errno.
int open_socket(const SocketAddress& address, base::UniqueFd& out) {
  base::UniqueFd fd(::socket(address.is_ipv6() ? AF_INET6 : AF_INET,
                             SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) return errno;
  const int one = 1;
  if (address.is_ipv6()) {
    ::setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof one);
    ::setsockopt(fd.get(), IPPROTO_IPV6, IPV6_TCLASS, &traffic_class, sizeof traffic_class);
  } else {
    ::setsockopt(fd.get(), IPPROTO_IP, IP_TOS, &traffic_class, sizeof traffic_class);
  }
  ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
  if (::bind(fd.get(), address.data(), address.size()) != 0) return errno;
  out = std::move(fd);
  return 0;
}

base::Error bind_error(const std::string& ip, int error) {
  if (error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM)
    return {base::Code::resource_exhausted,
            "NO_DESCRIPTORS",
            "the system gives no more sockets: raise the limit of open files",
            {}};
  return {base::Code::unavailable,
          "LOCAL_ADDRESS_UNUSABLE",
          "cannot receive media on " + ip + ": " + std::strerror(error),
          {{"address", ip}}};
}

bool is_taken(int error) { return error == EADDRINUSE || error == EACCES; }

}  // namespace

PortLease::PortLease(PortLease&& other) noexcept
    : owner_(std::exchange(other.owner_, nullptr)), index_(other.index_) {}

PortLease& PortLease::operator=(PortLease&& other) noexcept {
  if (this != &other) {
    give_back();
    owner_ = std::exchange(other.owner_, nullptr);
    index_ = other.index_;
  }
  return *this;
}

void PortLease::give_back() noexcept {
  if (owner_ != nullptr) owner_->out_[index_] = false;
  owner_ = nullptr;
}

UdpPorts::UdpPorts(PortRange range)
    : first_port_(static_cast<uint16_t>(range.first + range.first % 2)) {
  if (range.last > first_port_) out_.resize(static_cast<size_t>(range.last - first_port_ + 1) / 2);
  // Not always the same ports after a restart: late packets of an earlier call, or
  // of one who knows our habits, find nobody.
  if (!out_.empty()) next_ = base::random_u32() % out_.size();
}

Result<UdpPair> UdpPorts::open(const std::string& ip, Rtcp rtcp) {
  auto address = SocketAddress::parse(ip, 0);
  if (!address)
    return fail(base::invalid_argument("local_ip", "\"" + ip + "\" is not an IP address"));
  for (size_t tried = 0; tried < out_.size(); ++tried) {
    const size_t index = next_;
    next_ = (next_ + 1) % out_.size();
    if (out_[index]) continue;
    UdpPair pair;
    pair.rtp_port = static_cast<uint16_t>(first_port_ + 2 * index);
    address->set_port(pair.rtp_port);
    int error = open_socket(*address, pair.rtp);
    if (error == 0 && rtcp == Rtcp::own_port) {
      address->set_port(static_cast<uint16_t>(pair.rtp_port + 1));
      error = open_socket(*address, pair.rtcp);
    }
    if (is_taken(error)) continue;
    if (error != 0) return fail(bind_error(ip, error));
    out_[index] = true;
    pair.lease = PortLease(*this, index);
    return pair;
  }
  return fail(base::Code::resource_exhausted, "NO_RTP_PORT",
              "every port of [media] rtp_ports is in use: widen the range, or end calls");
}

}  // namespace commd::engine
