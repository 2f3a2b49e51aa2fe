#include "tests/bench/load/udp_socket.h"

#include <arpa/inet.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <ctime>
#include <system_error>
#include <utility>

namespace commd::bench {
namespace {

constexpr int buffer_size = 8 << 20;

[[noreturn]] void fail(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

// Beyond the limit of the system where we may (root), else as much as there is.
void enlarge(int descriptor, int forced, int usual) {
  if (::setsockopt(descriptor, SOL_SOCKET, forced, &buffer_size, sizeof buffer_size) != 0)
    ::setsockopt(descriptor, SOL_SOCKET, usual, &buffer_size, sizeof buffer_size);
}

int64_t arrival_of(msghdr& message) {
  for (cmsghdr* part = CMSG_FIRSTHDR(&message); part != nullptr; part = CMSG_NXTHDR(&message, part))
    if (part->cmsg_level == SOL_SOCKET && part->cmsg_type == SCM_TIMESTAMPNS) {
      timespec time{};
      std::memcpy(&time, CMSG_DATA(part), sizeof time);
      return int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
    }
  return 0;
}

}  // namespace

sockaddr_in loopback(uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

UdpSocket::UdpSocket(uint16_t port)
    : descriptor_(::socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)) {
  if (descriptor_ < 0) fail("socket");
  const sockaddr_in address = loopback(port);
  if (::bind(descriptor_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    const int error = errno;
    ::close(descriptor_);
    errno = error;
    fail("bind");
  }
  enlarge(descriptor_, SO_RCVBUFFORCE, SO_RCVBUF);
  enlarge(descriptor_, SO_SNDBUFFORCE, SO_SNDBUF);
}

UdpSocket::~UdpSocket() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

UdpSocket::UdpSocket(UdpSocket&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)) {}

uint16_t UdpSocket::port() const {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  ::getsockname(descriptor_, reinterpret_cast<sockaddr*>(&address), &size);
  return ntohs(address.sin_port);
}

void UdpSocket::stamp_arrivals() {
  const int on = 1;
  ::setsockopt(descriptor_, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on);
}

void UdpSocket::send(std::string_view datagram, uint16_t port) const {
  send({reinterpret_cast<const uint8_t*>(datagram.data()), datagram.size()}, port);
}

void UdpSocket::send(std::span<const uint8_t> datagram, uint16_t port) const {
  const sockaddr_in target = loopback(port);
  ::sendto(descriptor_, datagram.data(), datagram.size(), 0,
           reinterpret_cast<const sockaddr*>(&target), sizeof target);
}

void UdpSocket::send_to_all(std::span<const uint8_t> datagram, std::span<sockaddr_in> targets) {
  iovec part{const_cast<uint8_t*>(datagram.data()), datagram.size()};
  outgoing_.assign(targets.size(), {});
  for (size_t i = 0; i < targets.size(); ++i) {
    msghdr& header = outgoing_[i].msg_hdr;
    header.msg_name = &targets[i];
    header.msg_namelen = sizeof targets[i];
    header.msg_iov = &part;
    header.msg_iovlen = 1;
  }
  // The kernel takes 1024 at most; one that fails is passed over.
  for (size_t done = 0; done < outgoing_.size();) {
    const int sent = ::sendmmsg(descriptor_, &outgoing_[done],
                                static_cast<unsigned>(outgoing_.size() - done), 0);
    done += sent > 0 ? static_cast<size_t>(sent) : 1;
  }
}

unsigned UdpSocket::receive_batch(const std::function<void(const Arrival&)>& use) {
  for (size_t i = 0; i < batch; ++i) {
    Slot& slot = slots_[i];
    slot.part = {slot.data.data(), slot.data.size()};
    msghdr& header = headers_[i].msg_hdr;
    header = {};
    header.msg_name = &slot.from;
    header.msg_namelen = sizeof slot.from;
    header.msg_iov = &slot.part;
    header.msg_iovlen = 1;
    header.msg_control = slot.control.data();
    header.msg_controllen = slot.control.size();
  }
  const int count = ::recvmmsg(descriptor_, headers_.data(), batch, MSG_DONTWAIT, nullptr);
  for (int i = 0; i < count; ++i) {
    const auto at = static_cast<size_t>(i);
    use({std::span<const uint8_t>(slots_[at].data).first(headers_[at].msg_len),
         ntohs(slots_[at].from.sin_port), arrival_of(headers_[at].msg_hdr)});
  }
  return count > 0 ? static_cast<unsigned>(count) : 0;
}

void UdpSocket::receive(const std::function<void(const Arrival&)>& use) {
  if (slots_.empty()) {
    slots_.resize(batch);
    headers_.resize(batch);
  }
  while (receive_batch(use) == batch) {
  }
}

RtpSockets take_pair(uint16_t& first) {
  for (uint16_t port = first; port < 64000; port = static_cast<uint16_t>(port + 2)) {
    try {
      RtpSockets pair{UdpSocket(port), UdpSocket(static_cast<uint16_t>(port + 1))};
      first = static_cast<uint16_t>(port + 2);
      return pair;
    } catch (const std::system_error&) {
      continue;  // in use
    }
  }
  throw std::runtime_error("no free pair of ports");
}

}  // namespace commd::bench
