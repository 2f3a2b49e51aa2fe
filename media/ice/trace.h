// What happened to an agent, bounded, for its report. The agent's thread.
#pragma once

#include <string>
#include <vector>

#include "media/ice/ice_events.h"

namespace commd::ice {

class Trace {
 public:
  void step(unsigned component, std::string what);
  void refused(const model::IceCandidate& candidate, const std::string& reason);
  void relays(std::vector<RelayOutcome> outcomes) { relays_ = std::move(outcomes); }
  void selected(const IcePair& pair);

  IceReport report(std::vector<model::IceCandidate> local, std::vector<model::IceCandidate> remote,
                   IceRole role) const;

 private:
  std::vector<IceReport::Refused> refused_;
  std::vector<RelayOutcome> relays_;
  std::vector<IceReport::Step> steps_;
  std::vector<IcePair> selected_;
};

// "relayed 192.0.2.1:3478 udp": for a line of a trace or a log.
std::string describe(const model::IceCandidate& candidate);

}  // namespace commd::ice
