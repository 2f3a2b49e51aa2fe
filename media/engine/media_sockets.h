// The sockets of one call, as its worker uses them: non-blocking, unconnected, so
// that the address of each packet is known.
//
// The RTP socket wakes nobody: its owner polls it at each tick, before it plays, so
// that a packet waits no longer than it would in the jitter buffer, and a lone call
// costs half. When it came is told by the kernel, so that jitter and round trips are
// those of the network. Under a flood the socket is watched as well, so that its queue
// never overflows between two ticks, and while keys are agreed on, where each flight would
// wait for a tick. The RTCP socket is always watched.
//
// What fails to be sent is counted and forgotten: the network may lose any packet.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "daemon/base/unique_fd.h"
#include "media/engine/socket_address.h"
#include "media/engine/worker.h"

namespace commd::engine {

class DatagramHandler {
 public:
  virtual ~DatagramHandler() = default;
  // `datagram` may be changed in place. `on_rtcp_port`: it came to the second socket.
  // `arrival`: when it came to this machine.
  virtual void on_datagram(std::span<uint8_t> datagram, const SocketAddress& source,
                           bool on_rtcp_port, base::MonoTime arrival) = 0;
};

class MediaSockets {
 public:
  // `handler` outlives this.
  MediaSockets(base::UniqueFd rtp, base::UniqueFd rtcp, DatagramHandler& handler);
  ~MediaSockets() { close(); }
  MediaSockets(const MediaSockets&) = delete;
  MediaSockets& operator=(const MediaSockets&) = delete;

  // More datagrams than this at a tick are a flood; fewer than a quarter are its end.
  static constexpr size_t flood = 64;

  // Throws away what came before, but for what begins a handshake, then watches. False when the
  // kernel refuses.
  bool start(Worker& worker);
  // Whether the RTP socket wakes its owner.
  void set_eager(bool eager);
  // Hands over what has come to the RTP socket, `flood` datagrams at most.
  void poll();
  // The old worker: lets go of it, keeping what has come. The new worker: goes on.
  // False when the kernel refuses.
  void leave();
  bool arrive(Worker& worker);
  // Others take their place: before start(), or in its course.
  void replace(base::UniqueFd rtp, base::UniqueFd rtcp);
  // RTCP has moved to the RTP port.
  void close_rtcp();
  void close();

  void send_rtp(std::span<const uint8_t> packet, const SocketAddress& target);
  // From the RTCP port while there is one.
  void send_rtcp(std::span<const uint8_t> packet, const SocketAddress& target);

  SocketAddress local_address() const;
  uint64_t send_errors() const { return send_errors_; }
  // The last one's errno, and when; 0 without.
  int send_error() const { return send_error_; }
  base::MonoTime send_error_time() const { return send_error_time_; }

 private:
  class Reader : public Readable {
   public:
    Reader(MediaSockets& owner, base::UniqueFd fd, bool is_rtcp)
        : owner_(owner), fd_(std::move(fd)), is_rtcp_(is_rtcp) {}
    // One datagram a turn: the set is level-triggered, so that a flood on one socket
    // keeps no other from its turn.
    void on_readable() override { owner_.since_poll_ += owner_.receive(*this, 1); }
    int fd() const { return fd_.get(); }
    bool is_rtcp() const { return is_rtcp_; }
    void use(base::UniqueFd fd) { fd_ = std::move(fd); }
    void close() { fd_.reset(); }

   private:
    MediaSockets& owner_;
    base::UniqueFd fd_;
    bool is_rtcp_;
  };

  struct Hello {
    SocketAddress source;
    std::vector<uint8_t> octets;
  };
  static constexpr size_t most_hellos = 4;

  size_t receive(const Reader& reader, size_t most);
  void prepare(const Reader& reader);
  void drain(const Reader& reader);
  bool watch(Reader& reader) { return reader.fd() < 0 || worker_->watch(reader.fd(), reader); }
  void watch_rtp(bool watched);
  void stop(Reader& reader);
  void send(int fd, std::span<const uint8_t> packet, const SocketAddress& target);

  DatagramHandler& handler_;
  Worker* worker_ = nullptr;
  Reader rtp_;
  Reader rtcp_;
  std::vector<Hello> hellos_;  // from before the start
  bool watched_ = false;       // the RTP socket
  bool eager_ = false;
  size_t since_poll_ = 0;  // datagrams read while watched
  uint64_t send_errors_ = 0;
  int send_error_ = 0;
  base::MonoTime send_error_time_{};
};

}  // namespace commd::engine
