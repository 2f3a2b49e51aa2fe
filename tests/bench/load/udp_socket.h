// UDP sockets on 127.0.0.1 for the bench: big buffers, batches, the kernel's time of
// arrival. One thread.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cstdint>
#include <functional>
#include <span>
#include <string_view>
#include <vector>

namespace commd::bench {

sockaddr_in loopback(uint16_t port);

class UdpSocket {
 public:
  // Port 0: any free one. Throws std::system_error.
  explicit UdpSocket(uint16_t port = 0);
  ~UdpSocket();
  UdpSocket(UdpSocket&& other) noexcept;
  UdpSocket& operator=(UdpSocket&&) = delete;

  int descriptor() const { return descriptor_; }
  uint16_t port() const;

  // Notes when each datagram has reached the socket, on CLOCK_REALTIME.
  void stamp_arrivals();
  // What is lost on the way is not our business: errors are ignored.
  void send(std::string_view datagram, uint16_t port) const;
  void send(std::span<const uint8_t> datagram, uint16_t port) const;
  // The same datagram to each of these, in one system call for many.
  void send_to_all(std::span<const uint8_t> datagram, std::span<sockaddr_in> targets);

  struct Arrival {
    std::span<const uint8_t> datagram;
    uint16_t port = 0;        // it came from
    int64_t nanoseconds = 0;  // CLOCK_REALTIME, with stamp_arrivals(); else 0
  };
  // Everything that waits, in batches; returns at once when there is nothing.
  void receive(const std::function<void(const Arrival&)>& use);

 private:
  static constexpr size_t batch = 64;
  static constexpr size_t largest = 4096;
  struct Slot {
    std::array<uint8_t, largest> data;
    sockaddr_in from;
    std::array<uint8_t, 64> control;
    iovec part;
  };
  unsigned receive_batch(const std::function<void(const Arrival&)>& use);

  int descriptor_ = -1;
  std::vector<Slot> slots_;
  std::vector<mmsghdr> headers_;
  std::vector<mmsghdr> outgoing_;
};

// An even port and the one above it: RTP, and RTCP that nobody reads.
struct RtpSockets {
  UdpSocket rtp;
  UdpSocket rtcp;
};
// The next free pair at or above `first`, which is moved past it.
RtpSockets take_pair(uint16_t& first);

}  // namespace commd::bench
