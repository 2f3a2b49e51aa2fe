// What STUN messages go to one server by: datagrams, or a stream (TCP, TLS).
//
// Thread of the io_context. No callback comes inside a call, nor after the link is gone; each may
// destroy the link.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "daemon/base/result.h"
#include "daemon/net/byte_stream.h"
#include "daemon/probe/stun_message.h"
#include "daemon/probe/udp_socket.h"

namespace commd::probe {

class StunLink {
 public:
  virtual ~StunLink() = default;

  struct Handlers {
    std::function<void(const StunMessage&)> received;
    // Nothing comes any more: CONNECTION_REFUSED, NETWORK_DOWN, CONNECTION_LOST, STUN_BROKEN.
    std::function<void(const base::Error&)> lost;
  };
  virtual void start(Handlers handlers) = 0;
  virtual void send(std::string message) = 0;
  // What is sent may get lost, and is to be sent again (RFC 8489, section 6.2.1).
  virtual bool loses() const = 0;
};

// The socket is connected to the server.
std::unique_ptr<StunLink> link_over(std::unique_ptr<UdpSocket> socket);
std::unique_ptr<StunLink> link_over(std::unique_ptr<net::ByteStream> stream);

}  // namespace commd::probe
