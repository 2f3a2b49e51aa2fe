#include "media/engine/ice_path.h"

#include <chrono>
#include <utility>

namespace commd::engine {

base::Result<std::shared_ptr<IcePath>> IcePath::make(ice::IceThread& thread,
                                                     ice::IceOptions options, Told told) {
  std::shared_ptr<IcePath> path(new IcePath(std::move(told)));
  auto agent = ice::IceAgent::create(thread, std::move(options), *path);
  if (!agent) return base::fail(agent.error());
  path->agent_ = std::move(*agent);
  return path;
}

IcePath::~IcePath() { agent_.reset(); }

void IcePath::bind(std::function<void()> wake) {
  const std::lock_guard lock(mutex_);
  wake_ = std::move(wake);
}

void IcePath::unbind() { bind({}); }

void IcePath::wake() {
  const std::lock_guard lock(mutex_);
  if (wake_) wake_();
}

PacketRing::Head IcePath::take(std::span<uint8_t> into) {
  const auto head = ring_.take(into);
  if (head.length > 0) waiting_.fetch_sub(1, std::memory_order_relaxed);
  return head;
}

void IcePath::send(unsigned component, std::span<const uint8_t> packet) {
  // The network may lose any packet.
  agent_->send(component, packet);
}

SocketAddress IcePath::local_address() const {
  const std::lock_guard lock(mutex_);
  return local_;
}

SocketAddress IcePath::remote_address() const {
  const std::lock_guard lock(mutex_);
  return remote_;
}

// ---- the thread of ICE -------------------------------------------------------

void IcePath::on_local_candidate(const model::IceCandidate& candidate) {
  told_.candidate(candidate);
}

void IcePath::on_gathered(const std::vector<ice::RelayOutcome>& relays) { told_.gathered(relays); }

void IcePath::on_enough() { told_.enough(); }

void IcePath::on_state(unsigned component, ice::IceState state, const base::Error& error) {
  const unsigned bit = 1U << component;
  if (state == ice::IceState::connected || state == ice::IceState::ready) {
    // What the peer says first is an answer to that: a handshake goes on at once.
    if ((connected_.fetch_or(bit, std::memory_order_release) & bit) == 0) wake();
  } else if (state == ice::IceState::failed) {
    connected_.fetch_and(~bit, std::memory_order_release);
  }
  told_.state(component, state, error);
}

void IcePath::on_selected_pair(unsigned component, const ice::IcePair& pair) {
  if (component == rtp_component) {
    const std::lock_guard lock(mutex_);
    local_ = SocketAddress::from(pair.local.address).value_or(SocketAddress());
    remote_ = SocketAddress::from(pair.remote.address).value_or(SocketAddress());
  }
  told_.pair(component, pair);
}

void IcePath::on_datagram(unsigned component, std::span<const uint8_t> datagram) {
  if (!ring_.put(component, datagram, std::chrono::steady_clock::now())) return;
  const unsigned waiting = waiting_.fetch_add(1, std::memory_order_relaxed) + 1;
  if (eager_.load(std::memory_order_relaxed) || waiting % crowd == 0) wake();
}

}  // namespace commd::engine
