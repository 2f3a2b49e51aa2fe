// From an address as a person types it to the accounts it may stand for: a bare
// user@domain is asked of the network, which protocols its domain speaks.
//
// Core thread only; callbacks come on the core thread.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "daemon/base/result.h"
#include "daemon/model/account.h"
#include "daemon/ports/server_discovery.h"

namespace commd::core {

class AccountDiscovery {
 public:
  // One account that can be created.
  struct Candidate {
    model::Protocol protocol = model::Protocol::sip;
    std::string address;   // sip:user@domain, xmpp:user@domain
    std::string found_by;  // in words; empty: the address itself says it
  };
  struct Found {
    std::vector<Candidate> candidates;  // a protocol at most once; may be empty
    std::vector<std::string> tried;     // what found nothing, and why
  };

  // `network` may be null: then a bare address is SIP, as it is for AccountBook.
  explicit AccountDiscovery(ports::ServerDiscovery* network) : network_(network) {}

  // With a scheme nothing is asked; nor for an address literal or a port, which are SIP.
  // Errors: INVALID_ARGUMENT of the field "address", DOMAIN_INVALID.
  void discover(const std::string& address, std::function<void(base::Result<Found>)> done);

 private:
  ports::ServerDiscovery* network_;
};

}  // namespace commd::core
