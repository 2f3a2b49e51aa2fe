// What an agent asks of the router of its network. A mapped port leads to a host candidate's own
// socket: checks that come by it are the far end's to that candidate, for libnice.
#include <algorithm>
#include <utility>

#include "media/ice/agent_core.h"
#include "media/ice/nice_convert.h"

namespace commd::ice {

namespace {

using model::IceCandidate;
using ports::PortMapper;

// RFC 8445, section 5.1.2.1: between a host's address and one that only a server has seen, as
// libnice and others have what is "NAT assisted" (RFC 6544, section 4.2).
constexpr uint32_t type_preference = 105;

std::optional<PortMapper::Carries> what_comes_to(const IceCandidate& candidate) {
  if (candidate.type != IceCandidate::Type::host) return std::nullopt;
  if (candidate.transport == IceCandidate::Transport::udp) return PortMapper::Carries::udp;
  if (candidate.transport == IceCandidate::Transport::tcp_passive) return PortMapper::Carries::tcp;
  return std::nullopt;
}

IceCandidate seen_outside(const IceCandidate& host, const model::TransportAddress& outside) {
  IceCandidate candidate = host;
  candidate.type = IceCandidate::Type::server_reflexive;
  candidate.foundation = "m" + host.foundation;
  candidate.foundation.resize(std::min<size_t>(candidate.foundation.size(), 32));
  candidate.priority = type_preference << 24 | (host.priority & 0xffffff);
  candidate.address = outside;
  candidate.related = host.address;
  return candidate;
}

}  // namespace

void AgentCore::ask_router(const IceCandidate& host) {
  const auto what = what_comes_to(host);
  if (thread_.mapper() == nullptr || !what || gathered_ || options_.relay_only) return;
  const size_t which = mappings_.size();
  auto answered = [weak = weak_from_this(), door = router_door_,
                   which](const std::optional<model::TransportAddress>& outside) {
    const std::lock_guard lock(door->mutex);
    if (door->thread == nullptr) return;
    door->thread->post([weak, which, outside] {
      const auto self = weak.lock();
      if (self && self->agent_ != nullptr) self->router_answered(which, outside);
    });
  };
  auto held = thread_.mapper()->map(*what, host.address, std::move(answered));
  if (!held) return;
  mappings_.push_back({host, std::move(held), {}});
  if (++router_owes_ == 1 && router_patience_ == nullptr)
    start_timer(router_patience_, options_.router_patience, &AgentCore::on_router_silent);
}

void AgentCore::router_answered(size_t which,
                                const std::optional<model::TransportAddress>& outside) {
  if (which >= mappings_.size()) return;
  Mapping& mapping = mappings_[which];
  if (gathered_ || !outside) {
    // Too late to be told, or nothing.
    mapping.held.reset();
  } else {
    const auto known = candidates_of(true);
    const bool seen = std::any_of(known.begin(), known.end(), [&](const IceCandidate& one) {
      return one.address == *outside && one.transport == mapping.host.transport;
    });
    mapping.outside = *outside;
    const IceCandidate candidate = seen_outside(mapping.host, *outside);
    trace_.step(candidate.component, "by the router: " + describe(candidate));
    if (!seen) tell([&](IceListener& listener) { listener.on_local_candidate(candidate); });
  }
  if (agent_ != nullptr && router_owes_ > 0 && --router_owes_ == 0 && nice_gathered_)
    gathering_over();
}

bool AgentCore::is_mapped(const model::TransportAddress& address) const {
  return std::any_of(mappings_.begin(), mappings_.end(),
                     [&](const Mapping& one) { return one.outside && one.outside == address; });
}

void AgentCore::shut_router_door() {
  const std::lock_guard lock(router_door_->mutex);
  router_door_->thread = nullptr;
}

gboolean AgentCore::on_router_silent(gpointer self) noexcept {
  // The listener may destroy the agent.
  const auto core = static_cast<AgentCore*>(self)->shared_from_this();
  stop_timer(core->router_patience_);
  core->trace_.step(0, "the router has not answered in time");
  core->router_owes_ = 0;
  if (core->nice_gathered_) core->gathering_over();
  return G_SOURCE_REMOVE;
}

}  // namespace commd::ice
