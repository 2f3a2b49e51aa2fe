// ports::Prober over the network rooms. Core thread.
#pragma once

#include <memory>
#include <string>

#include "daemon/loop/core_loop.h"
#include "daemon/ports/prober.h"
#include "daemon/probe/machine_checks.h"

namespace commd::probe {

struct ProbeOptions {
  std::string sip_resolv_conf;  // empty: the system's
  std::string xmpp_resolv_conf;
  PortRange rtp_ports;
};

class NetProber final : public ports::Prober {
 public:
  // The loop outlives it, and it all that it probes.
  NetProber(loop::CoreLoop& loop, ProbeOptions options);
  ~NetProber() override;

  std::unique_ptr<ports::Probing> probe(ports::AccountProbe what, Each each, Done done) override;
  std::unique_ptr<ports::Probing> probe_machine(Each each, Done done) override;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace commd::probe
