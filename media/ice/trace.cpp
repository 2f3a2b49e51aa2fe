#include "media/ice/trace.h"

#include <algorithm>
#include <utility>

#include "media/ice/check_list.h"
#include "media/ice/ip_kind.h"

namespace commd::ice {

namespace {

using model::IceCandidate;

constexpr size_t most_refused = 64;
constexpr size_t most_steps = 256;
constexpr size_t most_selected = 32;

const char* name_of(IceCandidate::Type type) {
  switch (type) {
    case IceCandidate::Type::host:
      return "host";
    case IceCandidate::Type::server_reflexive:
      return "server-reflexive";
    case IceCandidate::Type::peer_reflexive:
      return "peer-reflexive";
    case IceCandidate::Type::relayed:
      return "relayed";
  }
  return "";
}

const char* name_of(IceCandidate::Transport transport) {
  switch (transport) {
    case IceCandidate::Transport::udp:
      return "udp";
    case IceCandidate::Transport::tcp_active:
      return "tcp active";
    case IceCandidate::Transport::tcp_passive:
      return "tcp passive";
    case IceCandidate::Transport::tcp_so:
      return "tcp so";
  }
  return "";
}

// A peer-reflexive local candidate stands for the one it was found behind.
bool same_way(const IceReport::Pair& pair, const IcePair& selected) {
  return pair.remote.address == selected.remote.address &&
         pair.local.component == selected.local.component &&
         pair.local.transport == selected.local.transport &&
         (pair.local.address == selected.local.address ||
          pair.local.address == selected.local.related);
}

}  // namespace

std::string describe(const IceCandidate& candidate) {
  const std::string& ip = candidate.address.ip;
  const std::string host = is_ipv6(ip) ? "[" + ip + "]" : ip;
  return std::string(name_of(candidate.type)) + " " + host + ":" +
         std::to_string(candidate.address.port) + " " + name_of(candidate.transport);
}

void Trace::step(unsigned component, std::string what) {
  if (steps_.size() >= most_steps) return;
  steps_.push_back({std::chrono::steady_clock::now(), component, std::move(what)});
}

void Trace::refused(const IceCandidate& candidate, const std::string& reason) {
  if (refused_.size() < most_refused) refused_.push_back({candidate, reason});
}

void Trace::selected(const IcePair& pair) {
  if (selected_.size() < most_selected) selected_.push_back(pair);
}

IceReport Trace::report(std::vector<IceCandidate> local, std::vector<IceCandidate> remote,
                        IceRole role) const {
  IceReport report;
  report.pairs = form_pairs(local, remote, role);
  for (IceReport::Pair& pair : report.pairs) {
    pair.selected = std::any_of(selected_.begin(), selected_.end(),
                                [&](const IcePair& one) { return same_way(pair, one); });
  }
  report.local = std::move(local);
  report.remote = std::move(remote);
  report.refused = refused_;
  report.relays = relays_;
  report.steps = steps_;
  return report;
}

}  // namespace commd::ice
