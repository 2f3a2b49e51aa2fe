#include "media/engine/media_sockets.h"

#include <sys/socket.h>

#include <array>
#include <cerrno>

namespace commd::engine {
namespace {

// What was queued before the media began is old.
constexpr int most_stale_datagrams = 4096;

void drain(int fd) {
  std::array<uint8_t, 1> octet{};
  for (int i = 0; i < most_stale_datagrams; ++i)
    if (::recv(fd, octet.data(), octet.size(), MSG_TRUNC) < 0 && errno != EINTR) return;
}

}  // namespace

MediaSockets::MediaSockets(base::UniqueFd rtp, base::UniqueFd rtcp, DatagramHandler& handler)
    : handler_(handler), rtp_(*this, std::move(rtp), false), rtcp_(*this, std::move(rtcp), true) {}

bool MediaSockets::start(Reader& reader) {
  if (reader.fd() < 0) return true;
  drain(reader.fd());
  return worker_->watch(reader.fd(), reader);
}

bool MediaSockets::start(Worker& worker) {
  worker_ = &worker;
  return start(rtp_) && start(rtcp_);
}

void MediaSockets::stop(Reader& reader) {
  if (reader.fd() >= 0 && worker_ != nullptr) worker_->unwatch(reader.fd());
  reader.close();
}

void MediaSockets::close_rtcp() { stop(rtcp_); }

void MediaSockets::close() {
  stop(rtp_);
  stop(rtcp_);
}

void MediaSockets::receive(int fd, bool is_rtcp) {
  // One datagram a turn: the set is level-triggered, so that a flood on one socket
  // keeps no other from its turn.
  auto& buffer = worker_->scratch().received;
  SocketAddress source;
  socklen_t size = SocketAddress::capacity;
  const ssize_t length = ::recvfrom(fd, buffer.data(), buffer.size(), 0, source.writable(), &size);
  if (length <= 0 || static_cast<size_t>(length) == buffer.size()) return;
  handler_.on_datagram(std::span(buffer).first(static_cast<size_t>(length)), source, is_rtcp);
}

void MediaSockets::send(int fd, std::span<const uint8_t> packet, const SocketAddress& target) {
  if (!target || fd < 0) return;
  const ssize_t sent =
      ::sendto(fd, packet.data(), packet.size(), MSG_NOSIGNAL, target.data(), target.size());
  if (sent < 0) ++send_errors_;
}

void MediaSockets::send_rtp(std::span<const uint8_t> packet, const SocketAddress& target) {
  send(rtp_.fd(), packet, target);
}

void MediaSockets::send_rtcp(std::span<const uint8_t> packet, const SocketAddress& target) {
  send(rtcp_.fd() >= 0 ? rtcp_.fd() : rtp_.fd(), packet, target);
}

SocketAddress MediaSockets::local_address() const {
  SocketAddress address;
  socklen_t size = SocketAddress::capacity;
  if (rtp_.fd() < 0 || ::getsockname(rtp_.fd(), address.writable(), &size) != 0) return {};
  return address;
}

}  // namespace commd::engine
