#include "daemon/xmpp/ice_server_flow.h"

#include <algorithm>
#include <utility>

namespace commd::xmpp {
namespace {

using model::IceServer;

// STUN over TLS or TCP says no more than STUN does.
bool is_of_use(const IceServer& server) {
  using Transport = IceServer::Transport;
  if (server.kind == IceServer::Kind::stuns) return false;
  if (server.kind == IceServer::Kind::stun) return server.transport == Transport::udp;
  return server.kind == IceServer::Kind::turn || server.transport == Transport::tcp;
}

}  // namespace

IceServerFlow::IceServerFlow(Parts parts) : parts_(std::move(parts)), services_(parts_.account) {}

void IceServerFlow::set_own(Servers own) {
  if (own == own_) return;
  own_ = std::move(own);
  if (online_) look_up();
}

void IceServerFlow::session_began() {
  online_ = true;
  if (parts_.resolve) ask();
}

void IceServerFlow::session_ended() {
  online_ = false;
  ++round_;
  services_.forget();
  lookup_.reset();
  renewal_.reset();
  known_.clear();
  tell_waiting();
}

void IceServerFlow::ask() {
  searching_ = true;
  parts_.ask(services_.request(), [this, round = ++round_](const base::Result<Element>& answer) {
    if (round != round_) return;
    // A server that knows nothing of it has none.
    if (answer) services_.take_services(*answer);
    ask_for_credentials();
  });
}

void IceServerFlow::ask_for_credentials() {
  const auto request = services_.credentials_request();
  if (!request) return look_up();
  parts_.ask(*request, [this, round = round_](const base::Result<Element>& answer) {
    if (round != round_) return;
    if (answer) services_.take_credentials(*answer);
    ask_for_credentials();
  });
}

bool IceServerFlow::take_push(const Element& iq) {
  if (!services_.take_push(iq)) return false;
  ++round_;
  ask_for_credentials();
  return true;
}

void IceServerFlow::look_up() {
  searching_ = true;
  Servers all = own_;
  for (const ExternalService& service : services_.usable(now()))
    if (is_of_use(service)) all.push_back(service);
  if (all.empty()) return settle({});
  lookup_ = parts_.resolve(std::move(all), [this](Servers found) { settle(std::move(found)); });
}

void IceServerFlow::settle(Servers found) {
  known_ = std::move(found);
  auto next = std::chrono::duration_cast<base::Duration>(freshness);
  if (const auto renew = services_.renew_time())
    next = std::clamp(std::chrono::duration_cast<base::Duration>(*renew - now()),
                      std::chrono::duration_cast<base::Duration>(ExternalServices::renew_before),
                      next);
  renewal_ = parts_.timers.after(next, [this] { ask(); });
  tell_waiting();
}

void IceServerFlow::when_known(std::function<void(const Servers&)> done) {
  if (!searching_ || !known_.empty()) return done(known_);
  waiting_.push_back(std::move(done));
  if (!impatience_) impatience_ = parts_.timers.after(patience, [this] { tell_waiting(); });
}

void IceServerFlow::tell_waiting() {
  searching_ = false;
  impatience_.reset();
  for (const auto& done : std::exchange(waiting_, {})) done(known_);
}

}  // namespace commd::xmpp
