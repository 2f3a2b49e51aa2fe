#include "media/ice/check_list.h"

#include <algorithm>

#include "media/ice/ip_kind.h"

namespace commd::ice {

namespace {

using model::IceCandidate;

// RFC 6544, section 6.2.
bool fits(IceCandidate::Transport local, IceCandidate::Transport remote) {
  using Transport = IceCandidate::Transport;
  switch (local) {
    case Transport::udp:
      return remote == Transport::udp;
    case Transport::tcp_active:
      return remote == Transport::tcp_passive;
    case Transport::tcp_passive:
      return remote == Transport::tcp_active;
    case Transport::tcp_so:
      return remote == Transport::tcp_so;
  }
  return false;
}

bool pairs(const IceCandidate& local, const IceCandidate& remote) {
  if (local.type != IceCandidate::Type::host && local.type != IceCandidate::Type::relayed) {
    return false;
  }
  const bool both_v6 = is_ipv6(local.address.ip) == is_ipv6(remote.address.ip);
  const bool both_near = (kind_of(local.address.ip) == IpKind::link_local) ==
                         (kind_of(remote.address.ip) == IpKind::link_local);
  return local.component == remote.component && fits(local.transport, remote.transport) &&
         both_v6 && both_near;
}

// Section 6.1.2.3.
uint64_t priority_of(uint64_t controlling, uint64_t controlled) {
  return (std::min(controlling, controlled) << 32) + 2 * std::max(controlling, controlled) +
         (controlling > controlled ? 1 : 0);
}

}  // namespace

std::vector<IceReport::Pair> form_pairs(const std::vector<IceCandidate>& local,
                                        const std::vector<IceCandidate>& remote, IceRole role,
                                        size_t most) {
  std::vector<IceReport::Pair> formed;
  for (const IceCandidate& ours : local) {
    for (const IceCandidate& theirs : remote) {
      if (!pairs(ours, theirs)) continue;
      const uint64_t priority = role == IceRole::controlling
                                    ? priority_of(ours.priority, theirs.priority)
                                    : priority_of(theirs.priority, ours.priority);
      formed.push_back({ours, theirs, priority, false});
    }
  }
  std::stable_sort(formed.begin(), formed.end(),
                   [](const auto& a, const auto& b) { return a.priority > b.priority; });
  if (formed.size() > most) formed.erase(formed.begin() + static_cast<long>(most), formed.end());
  return formed;
}

}  // namespace commd::ice
