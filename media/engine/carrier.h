// What carries a call's packets: its own sockets, or a path that ICE has found. A branch
// sends by it and does not know which it is.
//
// The session's worker.
#pragma once

#include <cstdint>
#include <span>

#include "media/engine/socket_address.h"

namespace commd::engine {

class Carrier {
 public:
  virtual ~Carrier() = default;

  // Not while ICE still looks for a way.
  virtual bool is_open() const = 0;
  // `target` is where the signalling or the far end's packets lead; a path of ICE goes to
  // whom it has found.
  virtual void send_rtp(std::span<const uint8_t> packet, const SocketAddress& target) = 0;
  virtual void send_rtcp(std::span<const uint8_t> packet, const SocketAddress& target) = 0;
};

}  // namespace commd::engine
