// The port between the doctor of the core and what looks at the network: names, certificates,
// STUN and TURN servers, ports and the clock. What was found comes as checks, with their remedies.
//
// Core thread; nothing is called from inside a call.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "daemon/model/account.h"
#include "daemon/model/check.h"
#include "daemon/model/ice_server.h"

namespace commd::ports {

struct AccountProbe {
  model::Account account;
  // Of its settings, by preference, with credentials (RFC 8489 section 9.2; those of XEP-0215 and
  // of shared secrets are such, too).
  std::vector<model::IceServer> servers;
};

// Probing under way; destroying it cancels, and nothing more is told.
class Probing {
 public:
  virtual ~Probing() = default;
};

class Prober {
 public:
  virtual ~Prober() = default;

  using Each = std::function<void(model::Check)>;
  using Done = std::function<void()>;
  // The network of one account: names, certificate, STUN, TURN, clock. Each check as it is
  // finished, then `done`; within 10 s.
  [[nodiscard]] virtual std::unique_ptr<Probing> probe(AccountProbe what, Each each, Done done) = 0;
  // What is of the machine: ports for media, and whether its clock is kept.
  [[nodiscard]] virtual std::unique_ptr<Probing> probe_machine(Each each, Done done) = 0;
};

}  // namespace commd::ports
