// From a domain to the places where its service is: SRV records in the order of RFC
// 2782, several services mixed into one list (XEP-0368: _xmpps-client and _xmpp-client),
// and the domain itself where there are none (RFC 6120 section 3.2.2).
//
// order_targets() is pure. find_targets(): the thread of the resolver.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/base/result.h"
#include "daemon/base/time.h"
#include "daemon/net/operation.h"
#include "daemon/net/resolver.h"

namespace commd::net {

// One place to try.
struct Target {
  std::string host;  // in A-labels, or an address literal without brackets
  uint16_t port = 0;
  int tag = 0;          // the caller's mark of the service it belongs to
  std::string service;  // "_xmpps-client._tcp"; empty: the fallback, or named by a person

  friend bool operator==(const Target&, const Target&) = default;
};

// `_service._proto`, and what the caller calls it (direct TLS or STARTTLS ...).
struct Service {
  std::string name;
  int tag = 0;
};

// Where the service is when the domain publishes nothing.
struct Fallback {
  uint16_t port = 0;
  int tag = 0;  // not used when the service of this tag says that it is not offered
};

enum class Mixing {
  by_priority,    // one list of all services' records: what their owner published counts
  first_service,  // within one priority the service named first comes first
};

struct ServiceQuery {
  std::string domain;  // any spelling; an address literal is its own and only target
  std::vector<Service> services;
  std::optional<Fallback> fallback;
  Mixing mixing = Mixing::by_priority;
  // Once one service is known, how long to wait for the others.
  base::Duration others = std::chrono::seconds(2);
};

// A number from 0 up to and with `most`.
using RandomUpTo = std::function<uint32_t(uint32_t most)>;
RandomUpTo system_random();

// What one SRV lookup brought.
struct ServiceAnswer {
  Service service;
  std::vector<ServiceRecord> records;

  // Its only record is ".": decidedly not offered here.
  bool not_offered() const;
};

// At most 16.
std::vector<Target> order_targets(const std::vector<ServiceAnswer>& answers, Mixing mixing,
                                  const RandomUpTo& random);

struct FoundTargets {
  std::vector<Target> targets;        // best first, at least one
  std::string domain;                 // in A-labels: what certificates are checked against
  bool fell_back = false;             // there was no SRV record
  std::chrono::seconds ttl{0};        // of the SRV records; 0: nothing to keep
  std::vector<base::Error> problems;  // lookups that failed for other reasons than "nothing there"
};

using TargetsDone = std::function<void(base::Result<FoundTargets>)>;
// Errors: DOMAIN_INVALID; SERVICE_NOT_OFFERED (failed_precondition) when the domain says
// so, or has no record and there is no fallback; the DNS_* of a lookup when that leaves
// nothing to try.
[[nodiscard]] OperationHandle find_targets(boost::asio::io_context& context, Resolver& resolver,
                                           ServiceQuery query, RandomUpTo random, TargetsDone done);

}  // namespace commd::net
