// Asks a place over UDP whether somebody is there: the same datagram to each of its
// addresses, again after a while, until one answers.
//
// The thread of the io_context.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "daemon/base/result.h"
#include "daemon/base/time.h"
#include "daemon/net/address.h"
#include "daemon/net/operation.h"
#include "daemon/net/resolver.h"
#include "daemon/net/service_targets.h"

namespace commd::net {

struct DatagramProbe {
  Target target;
  // What to send from `local` to `remote`.
  std::function<std::string(const Endpoint& local, const Endpoint& remote)> question;
  // Whether bytes that came from there are an answer; hostile.
  std::function<bool(std::string_view)> is_answer;
  // Until it is sent again, doubled each time.
  base::Duration again = std::chrono::milliseconds(500);
  base::Duration deadline = std::chrono::seconds(3);
};

using ProbeDone = std::function<void(base::Result<Endpoint>)>;

// The resolver must outlive the operation. At most 8 addresses. The first that answers, or an error
// whose message names each address with its own reason:
//   CONNECTION_REFUSED, NETWORK_DOWN, CONNECT_FAILED (unavailable), PROBE_TIMEOUT
//   (deadline_exceeded)
//   the DNS_* of the name when it has no address.
[[nodiscard]] OperationHandle probe_datagram(boost::asio::io_context& context, Resolver& resolver,
                                             DatagramProbe probe, ProbeDone done);

}  // namespace commd::net
