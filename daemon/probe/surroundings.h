// What all probes share. They outlive each of them. Thread of the io_context.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "daemon/base/result.h"
#include "daemon/net/operation.h"
#include "daemon/net/resolver.h"
#include "daemon/net/tls_trust.h"

namespace commd::probe {

struct Surroundings {
  boost::asio::io_context& context;
  net::Resolver& resolver;
  net::TlsTrustSets& trust;
};

// Both families of a name's addresses, those to which there is a route first, IPv6 before IPv4;
// never an empty list. Errors: the DNS_* of the name.
using AddressesDone = std::function<void(base::Result<std::vector<net::IpAddress>>)>;
[[nodiscard]] net::OperationHandle find_addresses(const Surroundings& around,
                                                  const std::string& host, AddressesDone done);

}  // namespace commd::probe
