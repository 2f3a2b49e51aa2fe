// The ways that a call's packets go, as its worker sees them: its own sockets, or a path
// of ICE, which another one may take the place of while media flows.
#include <utility>

#include "media/engine/call_media.h"

namespace commd::engine {

void CallMedia::use_path(std::shared_ptr<IcePath> path) {
  by_path_ = true;
  if (path ? path == path_ || path == next_ : !path_ && !next_) return;
  sockets_.close();
  drop_path(next_);
  const bool works = path_ && path_->connected(rtp_component);
  if (path && works) {
    next_ = std::move(path);
    bind_path(next_);
    return;
  }
  drop_path(path_);
  path_ = std::move(path);
  bind_path(path_);
}

void CallMedia::use_sockets(UdpPair sockets) {
  drop_path(last_);
  drop_path(next_);
  drop_path(path_);
  by_path_ = false;
  sockets_.replace(std::move(sockets.rtp), std::move(sockets.rtcp));
}

void CallMedia::bind_path(const std::shared_ptr<IcePath>& path) {
  if (!path || !started_) return;
  if (!here_) here_ = std::make_shared<CallMedia*>(this);
  path->set_eager(eager_);
  path->bind([worker = worker_, weak = std::weak_ptr<CallMedia*>(here_)] {
    worker->post([weak] {
      if (const auto here = weak.lock()) (*here)->path_woke();
    });
  });
  path_woke();
}

void CallMedia::bind_paths() {
  for (const auto& path : {path_, next_, last_}) bind_path(path);
}

void CallMedia::drop_path(std::shared_ptr<IcePath>& path) {
  if (path) path->unbind();
  path.reset();
}

// What came, and what waited for a way.
void CallMedia::path_woke() {
  poll_paths();
  const base::MonoTime time = std::chrono::steady_clock::now();
  for (const auto& branch : branches_) {
    branch->tick_keys(time);
    follow_keys(*branch);
  }
}

void CallMedia::poll_paths() {
  if (next_ && next_->connected(rtp_component)) {
    drop_path(last_);
    last_ = std::exchange(path_, std::move(next_));
  }
  if (last_) take_from(*last_);
  // What comes before a pair works at this end too, such as a first hello, waits: an answer to it
  // would be lost.
  if (!path_ || !path_->connected(rtp_component)) return;
  // The far end has found it too.
  if (take_from(*path_) > 0) drop_path(last_);
}

size_t CallMedia::take_from(IcePath& path) {
  auto& buffer = worker_->scratch().received.front().octets;
  const SocketAddress source = path.remote_address();
  size_t taken = 0;
  for (; taken < MediaSockets::flood; ++taken) {
    const auto head = path.take(buffer);
    if (head.length == 0) break;
    if (head.length > Scratch::max_datagram) continue;
    on_datagram(std::span(buffer).first(head.length), source, head.component == rtcp_component,
                head.arrival);
  }
  return taken;
}

void CallMedia::set_eager(bool eager) {
  eager_ = eager;
  sockets_.set_eager(eager);
  if (path_) path_->set_eager(eager);
  if (next_) next_->set_eager(eager);
}

bool CallMedia::is_open() const { return !by_path_ || (path_ && path_->connected(rtp_component)); }

void CallMedia::send_rtp(std::span<const uint8_t> packet, const SocketAddress& target) {
  if (path_)
    path_->send(rtp_component, packet);
  else if (!by_path_)
    sockets_.send_rtp(packet, target);
}

void CallMedia::send_rtcp(std::span<const uint8_t> packet, const SocketAddress& target) {
  const Branch* heard = current();
  const bool shared = heard == nullptr || heard->uses_rtcp_mux();
  if (path_)
    path_->send(shared ? rtp_component : rtcp_component, packet);
  else if (!by_path_)
    sockets_.send_rtcp(packet, target);
}

}  // namespace commd::engine
