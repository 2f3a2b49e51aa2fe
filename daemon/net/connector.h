// A TCP connection to the first place that answers: happy eyeballs (RFC 8305) over a
// list of targets, their names looked up as they are needed.
//
// The thread of the io_context.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "daemon/base/result.h"
#include "daemon/base/time.h"
#include "daemon/base/unique_fd.h"
#include "daemon/net/operation.h"
#include "daemon/net/resolver.h"
#include "daemon/net/service_targets.h"

namespace commd::net {

struct ConnectOptions {
  // An attempt starts this long after the one before, or at once when that has failed.
  base::Duration stagger = std::chrono::milliseconds(250);
  // How long IPv4 addresses wait for IPv6 ones of the same name (RFC 8305 section 3).
  base::Duration wait_for_v6 = std::chrono::milliseconds(50);
  base::Duration attempt_timeout = std::chrono::seconds(10);
  base::Duration deadline = std::chrono::seconds(30);
  // Of the connection made: when the kernel asks an idle peer whether it lives, how often
  // it asks again, and how many times. 0 s idle: never.
  std::chrono::seconds keepalive_idle{60};
  std::chrono::seconds keepalive_interval{15};
  int keepalive_count = 4;
  // No address of this machine itself, nor of what is next to it (IpAddress::near()): where the
  // place is somebody else's word.
  bool others_alone = false;
};

// What every connection gets: no delay, and the kernel's questions to an idle peer.
void set_options(int fd, const ConnectOptions& options);

struct Connected {
  base::UniqueFd socket;  // non-blocking, close-on-exec, without Nagle's delay
  Target target;
  size_t target_index = 0;  // its place in the list given
  Endpoint remote;
};

using ConnectDone = std::function<void(base::Result<Connected>)>;

// The resolver must outlive the operation. Tries at most 32 addresses, 8 of one name. Errors; the
// message names each address with its own reason, `attempts` in the details too:
//   CONNECTION_REFUSED, NETWORK_DOWN, CONNECT_FAILED (unavailable)   all of them
//     refused; to none is there a route; mixed
//   CONNECT_TIMEOUT (deadline_exceeded)   nobody answered
//   ADDRESS_NOT_ALLOWED (permission_denied)   with `others_alone`, where all are near
//   the DNS_* of the first name when no name has an address.
[[nodiscard]] OperationHandle connect_any(boost::asio::io_context& context, Resolver& resolver,
                                          std::vector<Target> targets,
                                          const ConnectOptions& options, ConnectDone done);

}  // namespace commd::net
