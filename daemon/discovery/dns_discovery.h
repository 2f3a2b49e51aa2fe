// ports::ServerDiscovery: what the domain publishes (SRV records of SIP, RFC 3263, and of
// XMPP, RFC 6120 section 3.2.1 and XEP-0368), and where it publishes nothing, whether
// anybody answers at the domain itself: a TCP connection, for SIP also OPTIONS over UDP.
//
// Core thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "daemon/base/time.h"
#include "daemon/loop/core_loop.h"
#include "daemon/ports/server_discovery.h"

namespace commd::discovery {

struct DiscoveryOptions {
  std::string sip_resolv_conf;  // empty: the system's
  std::string xmpp_resolv_conf;
  uint16_t sip_port = 5060;
  uint16_t sips_port = 5061;
  uint16_t xmpp_port = 5222;
  base::Duration patience = std::chrono::seconds(5);
};

class DnsDiscovery final : public ports::ServerDiscovery {
 public:
  // The loop outlives it.
  DnsDiscovery(loop::CoreLoop& loop, DiscoveryOptions options);
  // What is under way is not answered any more.
  ~DnsDiscovery() override;

  void discover(const std::string& domain,
                std::function<void(base::Result<ports::FoundServers>)> done) override;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace commd::discovery
