#include "daemon/xmpp/ice_server_flow.h"

#include <algorithm>
#include <utility>

namespace commd::xmpp {
namespace {

using model::IceServer;

// STUN over TLS says no more than STUN.
std::optional<IceServer> server_of(const ExternalService& service) {
  using Kind = ExternalService::Kind;
  const bool tcp = service.transport == ExternalService::Transport::tcp;
  IceServer server;
  server.host = service.host;
  server.port = service.port;
  server.username = service.username;
  server.password = service.password;
  switch (service.kind) {
    case Kind::stun:
      if (tcp) return std::nullopt;
      return server;
    case Kind::turn:
      server.kind = IceServer::Kind::turn;
      server.transport = tcp ? IceServer::Transport::tcp : IceServer::Transport::udp;
      return server;
    case Kind::turns:
      if (!tcp) return std::nullopt;
      server.kind = IceServer::Kind::turn;
      server.transport = IceServer::Transport::tls;
      return server;
    case Kind::stuns:
      break;
  }
  return std::nullopt;
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
    if (auto server = server_of(service)) all.push_back(std::move(*server));
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
