// Which protocols a domain speaks: asked before an account of a bare user@domain is made.
//
// Core thread; `done` comes on the core thread, never inside the call.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "daemon/base/result.h"
#include "daemon/model/account.h"

namespace commd::ports {

struct FoundServer {
  model::Protocol protocol = model::Protocol::sip;
  std::string found_by;  // "_xmpps-client._tcp says xmpp.example.org:5223"
};

struct FoundServers {
  std::vector<FoundServer> found;  // a protocol at most once
  // Each step that found nothing, in words, with why.
  std::vector<std::string> tried;
};

class ServerDiscovery {
 public:
  virtual ~ServerDiscovery() = default;
  // Within 6 s. `domain`: any spelling, no address literal. Finding nothing is no error.
  // Error: DOMAIN_INVALID.
  virtual void discover(const std::string& domain,
                        std::function<void(base::Result<FoundServers>)> done) = 0;
};

}  // namespace commd::ports
