// What media needs of STUN and TURN servers that it cannot do itself: their addresses, and
// a way to those that are spoken to over TLS.
//
// Core thread; callbacks come on the core thread, never from inside a call.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "daemon/model/ice_server.h"
#include "daemon/model/session_description.h"

namespace commd::ports {

// A place on this machine that leads to a server by TLS, whose certificate was verified: what
// is said there in the clear (TURN over TCP) arrives there. As long as it lives.
class RelayDoor {
 public:
  virtual ~RelayDoor() = default;
  virtual model::TransportAddress address() const = 0;
};

class RelayAccess {
 public:
  virtual ~RelayAccess() = default;

  // Each server with its first address of each IP version as `host`, in order; none of those
  // that have none. Never an error: a call does with what there is.
  using Servers = std::vector<model::IceServer>;
  virtual void resolve(Servers servers, std::function<void(Servers)> done) = 0;

  // To a server with an address. Null: the system gives no socket. A server that cannot be
  // reached, or is another than its certificate says, ends the connections to the door.
  virtual std::unique_ptr<RelayDoor> open_door(const model::IceServer& server) = 0;
};

}  // namespace commd::ports
