// Names to records, without blocking: /etc/hosts, then the name servers of resolv.conf,
// both read again when they have changed. Each lookup is on its own: however many wait
// for a mute server, the others are answered.
//
// Thread of the io_context, which must outlive it.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/base/result.h"
#include "daemon/base/time.h"
#include "daemon/net/dns_answer.h"
#include "daemon/net/operation.h"

namespace boost::asio {
class io_context;
}

namespace commd::net {

struct ResolverOptions {
  std::vector<std::string> servers;  // "127.0.0.1:5353", "[::1]"; empty: those of resolv.conf
  std::string resolv_conf = "/etc/resolv.conf";
  std::string hosts = "/etc/hosts";
  // When a server is silent: how long until it is asked once more (doubled each time), and
  // until the next server is asked beside it.
  base::Duration retry = std::chrono::milliseconds(1500);
  base::Duration next_server = std::chrono::seconds(1);
  // Of one lookup.
  base::Duration deadline = std::chrono::seconds(10);
};

class Resolver {
 public:
  Resolver(boost::asio::io_context& context, ResolverOptions options);
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;
  // What is under way is answered still.
  ~Resolver();

  using Done = std::function<void(base::Result<DnsAnswer>)>;
  // The records of that type; never an empty answer. For addresses literals, "localhost"
  // and the hosts file come first.
  // Errors, with `name`, `type` and `servers` in the details:
  //   DOMAIN_INVALID (invalid_argument)   this is no name
  //   DNS_NO_SUCH_NAME, DNS_NO_DATA (not_found)   it does not exist; it has no such record
  //   DNS_SERVER_FAILURE, DNS_REFUSED, DNS_BAD_ANSWER, DNS_UNREACHABLE (unavailable)
  //   DNS_TIMEOUT (deadline_exceeded)
  [[nodiscard]] OperationHandle lookup(RecordType type, std::string_view name, Done done);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// Whether DNS said that there is nothing: no such name, or no such record of it.
bool says_nothing_there(const base::Error& error);

}  // namespace commd::net
