// Where an account's server is looked for, and how it is spoken to, as its settings say it.
// Pure; any thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "daemon/model/account.h"
#include "daemon/net/certificate_names.h"
#include "daemon/net/service_targets.h"

namespace commd::probe {

struct ServerPlan {
  enum class Tls { none, direct, starttls };

  std::string host;                         // a name in A-labels, or an IP literal without brackets
  bool literal = false;                     // it is an address: nothing is looked up
  net::ServiceQuery published;              // without services: the person has named the host
  std::vector<net::Target> secure_targets;  // of a named host
  // What is asked for the place to speak TLS with, tagged with Tls; without services: none.
  net::ServiceQuery secure;
  net::Reference certificate;     // whom it must be for
  std::vector<std::string> alpn;  // of direct TLS
  std::string not_secure;         // why no TLS is spoken, in words; empty: it is
};

// Error: the address or the server cannot be read.
base::Result<ServerPlan> plan_for(const model::Account& account);

}  // namespace commd::probe
