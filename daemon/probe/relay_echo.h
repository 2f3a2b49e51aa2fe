// A datagram of ours through an allocation: from a socket of ours to the relayed address, by the
// relay to us, and by it back to the socket. Inside of daemon/probe; thread of the io_context.
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <string>

#include "daemon/base/result.h"
#include "daemon/base/time.h"
#include "daemon/net/one_shot.h"
#include "daemon/probe/stun_client.h"
#include "daemon/probe/udp_socket.h"

namespace commd::probe {

class RelayEcho {
 public:
  using Done = std::function<void(base::Result<base::Duration>)>;

  // The client has the allocation, and a permission for whence the socket is seen; its indications
  // are this one's from now on. `done` once, not inside; TURN_NOTHING_RELAYED, SOCKET_FAILED.
  RelayEcho(boost::asio::io_context& context, StunClient& client, const net::Endpoint& relayed,
            Done done);

 private:
  void send();
  void relayed(const StunMessage& indication);
  void returned(std::string_view datagram);
  void finish(base::Result<base::Duration> result);

  static constexpr size_t most_sent = 10;
  StunClient& client_;
  const net::Endpoint relayed_;
  Done done_;
  const std::string token_;
  std::unique_ptr<UdpSocket> socket_;
  std::array<base::MonoTime, most_sent> sent_{};
  size_t next_ = 0;
  net::OneShot timer_;
};

}  // namespace commd::probe
