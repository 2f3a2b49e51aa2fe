// The sockets of one call, as its worker uses them: non-blocking, unconnected, so
// that the address of each packet is known.
//
// What fails to be sent is counted and forgotten: the network may lose any packet.
#pragma once

#include <cstdint>
#include <span>

#include "daemon/base/unique_fd.h"
#include "media/engine/socket_address.h"
#include "media/engine/worker.h"

namespace commd::engine {

class DatagramHandler {
 public:
  virtual ~DatagramHandler() = default;
  // `datagram` may be changed in place. `on_rtcp_port`: it came to the second socket.
  virtual void on_datagram(std::span<uint8_t> datagram, const SocketAddress& source,
                           bool on_rtcp_port) = 0;
};

class MediaSockets {
 public:
  // `handler` outlives this.
  MediaSockets(base::UniqueFd rtp, base::UniqueFd rtcp, DatagramHandler& handler);
  ~MediaSockets() { close(); }
  MediaSockets(const MediaSockets&) = delete;
  MediaSockets& operator=(const MediaSockets&) = delete;

  // Throws away what came before, then watches. False when the kernel refuses.
  bool start(Worker& worker);
  // RTCP has moved to the RTP port.
  void close_rtcp();
  void close();

  void send_rtp(std::span<const uint8_t> packet, const SocketAddress& target);
  // From the RTCP port while there is one.
  void send_rtcp(std::span<const uint8_t> packet, const SocketAddress& target);

  SocketAddress local_address() const;
  uint64_t send_errors() const { return send_errors_; }

 private:
  class Reader : public Readable {
   public:
    Reader(MediaSockets& owner, base::UniqueFd fd, bool is_rtcp)
        : owner_(owner), fd_(std::move(fd)), is_rtcp_(is_rtcp) {}
    void on_readable() override { owner_.receive(fd_.get(), is_rtcp_); }
    int fd() const { return fd_.get(); }
    void close() { fd_.reset(); }

   private:
    MediaSockets& owner_;
    base::UniqueFd fd_;
    bool is_rtcp_;
  };

  void receive(int fd, bool is_rtcp);
  bool start(Reader& reader);
  void stop(Reader& reader);
  void send(int fd, std::span<const uint8_t> packet, const SocketAddress& target);

  DatagramHandler& handler_;
  Worker* worker_ = nullptr;
  Reader rtp_;
  Reader rtcp_;
  uint64_t send_errors_ = 0;
};

}  // namespace commd::engine
