#include "media/engine/media_sockets.h"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <utility>

#include "media/rtp/demux.h"

namespace commd::engine {
namespace {

// What was queued before the media began is old.
constexpr int most_stale_datagrams = 4096;

// A first hello of DTLS or ZRTP (RFC 7983): the far end says it with its answer, and so before
// ours.
bool is_hello(std::span<const uint8_t> datagram) {
  constexpr uint8_t handshake = 22;
  return !datagram.empty() &&
         (datagram[0] == handshake || rtp::classify(datagram) == rtp::DatagramKind::zrtp);
}

// From the kernel's time stamps, which are of the wall clock, to ours.
class ArrivalClock {
 public:
  base::MonoTime arrival_of(msghdr& header) const {
    for (cmsghdr* part = CMSG_FIRSTHDR(&header); part != nullptr;
         part = CMSG_NXTHDR(&header, part)) {
      if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_TIMESTAMPNS) continue;
      timespec stamp{};
      std::memcpy(&stamp, CMSG_DATA(part), sizeof stamp);
      const auto since =
          std::chrono::seconds(stamp.tv_sec) + std::chrono::nanoseconds(stamp.tv_nsec);
      const auto age = std::chrono::nanoseconds(wall_.time_since_epoch()) - since;
      // Otherwise the wall clock was set meanwhile.
      if (age >= age.zero() && age < longest_age) return now_ - age;
    }
    return now_;
  }

 private:
  static constexpr std::chrono::seconds longest_age{1};
  base::MonoTime now_ = std::chrono::steady_clock::now();
  std::chrono::system_clock::time_point wall_ = std::chrono::system_clock::now();
};

}  // namespace

MediaSockets::MediaSockets(base::UniqueFd rtp, base::UniqueFd rtcp, DatagramHandler& handler)
    : handler_(handler), rtp_(*this, std::move(rtp), false), rtcp_(*this, std::move(rtcp), true) {}

void MediaSockets::prepare(const Reader& reader) {
  if (reader.fd() < 0) return;
  const int one = 1;
  ::setsockopt(reader.fd(), SOL_SOCKET, SO_TIMESTAMPNS, &one, sizeof one);
  drain(reader);
}

void MediaSockets::drain(const Reader& reader) {
  std::array<uint8_t, Scratch::max_datagram> octets{};
  for (int i = 0; i < most_stale_datagrams; ++i) {
    SocketAddress source;
    socklen_t size = SocketAddress::capacity;
    const ssize_t got = ::recvfrom(reader.fd(), octets.data(), octets.size(), MSG_DONTWAIT,
                                   source.writable(), &size);
    if (got < 0 && errno != EINTR) return;
    const auto datagram = std::span(octets).first(got > 0 ? static_cast<size_t>(got) : 0);
    if (!reader.is_rtcp() && hellos_.size() < most_hellos && is_hello(datagram))
      hellos_.push_back({source, {datagram.begin(), datagram.end()}});
  }
}

bool MediaSockets::start(Worker& worker) {
  prepare(rtp_);
  prepare(rtcp_);
  const bool watched = arrive(worker);
  for (Hello& hello : std::exchange(hellos_, {}))
    handler_.on_datagram(hello.octets, hello.source, false, std::chrono::steady_clock::now());
  return watched;
}

bool MediaSockets::arrive(Worker& worker) {
  worker_ = &worker;
  if (eager_) watch_rtp(true);
  return watch(rtcp_);
}

void MediaSockets::leave() {
  if (rtcp_.fd() >= 0) worker_->unwatch(rtcp_.fd());
  watch_rtp(false);
  worker_ = nullptr;
}

void MediaSockets::stop(Reader& reader) {
  const bool watched = reader.is_rtcp() || watched_;
  if (reader.fd() >= 0 && worker_ != nullptr && watched) worker_->unwatch(reader.fd());
  if (!reader.is_rtcp()) watched_ = false;
  reader.close();
}

void MediaSockets::replace(base::UniqueFd rtp, base::UniqueFd rtcp) {
  close();
  rtp_.use(std::move(rtp));
  rtcp_.use(std::move(rtcp));
  if (worker_ != nullptr) start(*worker_);
}

void MediaSockets::close_rtcp() { stop(rtcp_); }

void MediaSockets::close() {
  stop(rtp_);
  stop(rtcp_);
}

void MediaSockets::poll() {
  if (rtp_.fd() < 0) return;
  size_t count = std::exchange(since_poll_, 0);
  size_t read = 0;
  do {
    read = receive(rtp_, Scratch::batch);
    count += read;
  } while (read == Scratch::batch && count < flood);
  if (count >= flood)
    watch_rtp(true);
  else if (!eager_ && count < flood / 4)
    watch_rtp(false);
}

void MediaSockets::set_eager(bool eager) {
  eager_ = eager;
  if (worker_ != nullptr) watch_rtp(eager);
}

void MediaSockets::watch_rtp(bool watched) {
  if (watched == watched_ || rtp_.fd() < 0) return;
  if (!watched) worker_->unwatch(rtp_.fd());
  watched_ = watched && worker_->watch(rtp_.fd(), rtp_);
}

size_t MediaSockets::receive(const Reader& reader, size_t most) {
  auto& slots = worker_->scratch().received;
  std::array<SocketAddress, Scratch::batch> sources;
  std::array<iovec, Scratch::batch> buffers{};
  std::array<mmsghdr, Scratch::batch> messages{};
  const size_t wanted = std::min(most, messages.size());
  for (size_t i = 0; i < wanted; ++i) {
    buffers[i] = {slots[i].octets.data(), slots[i].octets.size()};
    msghdr& header = messages[i].msg_hdr;
    header.msg_name = sources[i].writable();
    header.msg_namelen = SocketAddress::capacity;
    header.msg_iov = &buffers[i];
    header.msg_iovlen = 1;
    header.msg_control = slots[i].control.data();
    header.msg_controllen = slots[i].control.size();
  }
  const int got = ::recvmmsg(reader.fd(), messages.data(), static_cast<unsigned>(wanted),
                             MSG_DONTWAIT, nullptr);
  if (got <= 0) return 0;
  const auto count = static_cast<size_t>(got);
  const ArrivalClock clock;
  for (size_t i = 0; i < count; ++i) {
    const size_t length = messages[i].msg_len;
    if (length == 0 || length > Scratch::max_datagram) continue;
    handler_.on_datagram(std::span(slots[i].octets).first(length), sources[i], reader.is_rtcp(),
                         clock.arrival_of(messages[i].msg_hdr));
  }
  return count;
}

void MediaSockets::send(int fd, std::span<const uint8_t> packet, const SocketAddress& target) {
  if (!target || fd < 0) return;
  const ssize_t sent =
      ::sendto(fd, packet.data(), packet.size(), MSG_NOSIGNAL, target.data(), target.size());
  if (sent >= 0) return;
  ++send_errors_;
  send_error_ = errno;
  send_error_time_ = std::chrono::steady_clock::now();
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
