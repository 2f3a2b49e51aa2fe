#include "media/engine/call_ice.h"

#include <algorithm>
#include <utility>

#include "media/engine/socket_address.h"
#include "media/ice/interfaces.h"

namespace commd::engine {
namespace {

using base::Error;
using model::IceCandidate;
using model::IceServer;
using model::TraceStep;

const char* way_to(const IceServer& server) {
  if (server.over_tls()) return "tls";
  return server.transport == IceServer::Transport::udp ? "udp" : "tcp";
}

// "192.0.2.1:3478", "[2001:db8::1]:3478"
std::string words(const std::string& host, uint16_t port) {
  return (host.find(':') == std::string::npos ? host : "[" + host + "]") + ":" +
         std::to_string(port);
}

// "relay 192.0.2.1:3478/udp"
std::string words(const IceCandidate& candidate) {
  return std::string(model::to_string(candidate.type)) + " " +
         words(candidate.address.ip, candidate.address.port) +
         (candidate.transport == IceCandidate::Transport::udp ? "/udp" : "/tcp");
}

std::string pairs_in_words(const std::vector<ice::IceReport::Pair>& pairs) {
  constexpr size_t most = 4;
  std::string text;
  for (size_t i = 0; i < std::min(most, pairs.size()); ++i)
    text += (i == 0 ? ": " : ", ") + words(pairs[i].local) + " to " + words(pairs[i].remote);
  return pairs.size() > most ? text + ", ..." : text;
}

TraceStep pair_step(const ice::IcePair& pair) {
  return {TraceStep::Kind::path,
          "ICE_CONNECTED",
          "media goes from " + words(pair.local) + " to " + words(pair.remote),
          {{"local", words(pair.local)}, {"remote", words(pair.remote)}}};
}

}  // namespace

CallIce::CallIce(Around around, const ports::MediaConfig& config, MediaLink& link, Told told)
    : around_(around), config_(config), link_(link), told_(std::move(told)) {}

// ---- making a path -----------------------------------------------------------

ice::IceOptions CallIce::options(ice::IceRole role, unsigned components) const {
  ice::IceOptions options;
  options.role = role;
  options.components = components;
  options.relay_only = config_.ice.relay_only;
  options.first_port = around_.ports.first;
  options.last_port = around_.ports.last;
  const auto local = SocketAddress::parse(config_.local_ip, 0);
  const bool loopback = local && local->is_loopback();
  // Long lists do not fit into the datagrams of SIP, which there are none of under TLS.
  options.tcp = config_.ice.trickle || (config_.signalling_protected && !loopback);
  if (loopback) {
    // A server of XMPP on this machine says nothing of where its other users are; what SIP
    // reaches on it is a telephone itself, or has one's media go through it.
    if (config_.ice.trickle) options.local_addresses = ice::interface_addresses();
    options.local_addresses.push_back(config_.local_ip);
  }
  return options;
}

void CallIce::add_servers(ice::IceOptions& options, Way& way) const {
  constexpr size_t most_relays = 8;
  for (const IceServer& server : config_.ice.servers) {
    model::TransportAddress address{server.host, server.port};
    if (!server.relays()) {
      if (!server.over_tls() && !options.stun_server) options.stun_server = address;
      continue;
    }
    if (options.turn_servers.size() == most_relays) continue;
    auto protocol = ice::RelayProtocol::udp;
    if (server.transport != IceServer::Transport::udp || server.over_tls())
      protocol = ice::RelayProtocol::tcp;
    if (server.over_tls()) {
      auto door = around_.relays != nullptr ? around_.relays->open_door(server) : nullptr;
      if (!door) continue;
      address = door->address();
      way.doors.push_back(std::move(door));
    }
    options.turn_servers.push_back(
        {address, protocol, server.username, server.password, server.over_tls()});
    way.relays.push_back({address, words(server.host, server.port), way_to(server)});
  }
}

TraceStep CallIce::relay_step(const Way& way, const ice::RelayOutcome& outcome) {
  const auto known = std::ranges::find_if(way.relays, [&](const Relay& one) {
    const bool udp = outcome.protocol == ice::RelayProtocol::udp;
    return one.known_as == outcome.server && udp == (one.transport == "udp");
  });
  const Relay relay = known != way.relays.end()
                          ? *known
                          : Relay{outcome.server, words(outcome.server.ip, outcome.server.port),
                                  to_string(outcome.protocol)};
  const std::string server = relay.server + "/" + relay.transport;
  TraceStep step{TraceStep::Kind::path,
                 "RELAY_READY",
                 "the relay " + server + " gave an address",
                 {{"server", relay.server}, {"protocol", relay.transport}}};
  if (outcome.relayed) return step;
  step.code = "RELAY_FAILED";
  step.text = "the relay " + server + " gave no address: " + outcome.error.message;
  step.details["reason"] = outcome.error.reason;
  return step;
}

CallIce::Ready CallIce::make(ice::IceRole role, unsigned components, std::function<void()> then) {
  auto way = std::make_shared<Way>();
  ice::IceOptions wanted = options(role, components);
  add_servers(wanted, *way);
  auto path = IcePath::make(*around_.thread, std::move(wanted), events(way));
  if (!path) {
    trouble_ = path.error();
    link_.later([this, why = *trouble_] {
      told_.traced({TraceStep::Kind::path, why.reason, "ICE cannot be used: " + why.message});
    });
    return Ready::yes;
  }
  way->path = std::move(*path);
  pending_ = way;
  way->path->agent().gather();
  if (config_.ice.trickle) return Ready::yes;
  way->then = std::move(then);
  return Ready::later;
}

IcePath::Told CallIce::events(const SharedWay& of) {
  IcePath::Told told;
  const std::weak_ptr<Way> weak = of;
  told.candidate = link_.on_core([this, weak](const IceCandidate& candidate) {
    const auto way = weak.lock();
    if (!way) return;
    way->candidates.push_back(candidate);
    tell_found_later(way);
  });
  told.gathered = link_.on_core([this, weak](const std::vector<ice::RelayOutcome>& relays) {
    const auto way = weak.lock();
    if (!way) return;
    way->complete = true;
    for (const ice::RelayOutcome& relay : relays) told_.traced(relay_step(*way, relay));
    tell_found_later(way);
  });
  told.enough = link_.on_core([weak] {
    const auto way = weak.lock();
    if (!way) return;
    way->ready = true;
    if (const auto then = std::exchange(way->then, {})) then();
  });
  told.state =
      link_.on_core([this, weak](unsigned component, ice::IceState state, const Error& error) {
        if (const auto way = weak.lock()) state_changed(*way, component, state, error);
      });
  told.pair = link_.on_core([this, weak](unsigned component, const ice::IcePair& pair) {
    const auto way = weak.lock();
    if (!way || component != rtp_component) return;
    way->pair = pair;
    told_.traced(pair_step(pair));
    if (way == current_) told_.changed();
  });
  return told;
}

CallIce::Ready CallIce::prepare_offer(std::function<void()> then) {
  if (pending_ && pending_->dead) pending_.reset();
  if (pending_ || (current_ && !restart_)) return Ready::yes;
  if (trouble_) return Ready::yes;
  restart_ = false;
  return make(ice::IceRole::controlling, config_.ice.rtcp_mux_only ? 1 : 2, std::move(then));
}

CallIce::Ready CallIce::prepare_answer(const Negotiator::IceOf& theirs,
                                       std::function<void()> then) {
  if (pending_ && pending_->dead) {
    pending_.reset();
    return Ready::yes;
  }
  if (trouble_) return Ready::yes;
  const std::string& ufrag = theirs.parameters.ufrag;
  if (pending_ && pending_->remote_ufrag == ufrag) return Ready::yes;
  pending_.reset();
  if (current_ && current_->remote_ufrag == ufrag) return Ready::yes;
  const auto role = theirs.parameters.lite ? ice::IceRole::controlling : ice::IceRole::controlled;
  const Ready ready = make(role, theirs.rtcp_mux ? 1 : 2, std::move(then));
  if (pending_) pending_->remote_ufrag = ufrag;
  restart_ = false;
  return ready;
}

// ---- telling of it -----------------------------------------------------------

std::optional<IceCandidate> CallIce::default_candidate(const Way& way, unsigned component) const {
  const auto first = [&](auto fits) -> std::optional<IceCandidate> {
    const auto at =
        std::find_if(way.candidates.begin(), way.candidates.end(), [&](const auto& one) {
          return one.component == component && one.transport == IceCandidate::Transport::udp &&
                 fits(one);
        });
    if (at == way.candidates.end()) return std::nullopt;
    return *at;
  };
  // It has to be one that was told (RFC 8839, section 4.2.1.2): what only a check has shown is not.
  if (way.pair && component == rtp_component)
    if (auto used = first([&](const auto& one) { return one.address == way.pair->local.address; }))
      return used;
  // Where the signalling is at home: that works without ICE as well as it ever did.
  if (auto host = first([&](const auto& one) { return one.address.ip == config_.local_ip; }))
    return host;
  return first([](const auto&) { return true; });
}

LocalTransport CallIce::describe() {
  Way& way = pending_ ? *pending_ : *current_;
  LocalTransport local;
  way.told = 0;
  local.ice = news_of(way);
  way.described = true;
  if (const auto rtp = default_candidate(way, rtp_component)) {
    local.ip = rtp->address.ip;
    local.rtp_port = rtp->address.port;
    if (const auto rtcp = default_candidate(way, rtcp_component);
        rtcp && rtcp->address.ip == local.ip)
      local.rtcp_port = rtcp->address.port;
  }
  return local;
}

// What is found at about the same time is told at once.
void CallIce::tell_found_later(const SharedWay& of) {
  if (!config_.ice.trickle || std::exchange(of->telling, true)) return;
  link_.later([this, weak = std::weak_ptr<Way>(of)] {
    const auto way = weak.lock();
    if (!way) return;
    way->telling = false;
    if (way->described) tell_found(*way);
  });
}

void CallIce::tell_found(Way& way) {
  if (way.told == way.candidates.size() && way.complete == way.complete_told) return;
  model::TransportDescription news;
  news.ice = news_of(way);
  told_.found(news);
}

// What was not told yet, which counts as told then.
model::IceParameters CallIce::news_of(Way& way) const {
  const ice::IceCredentials& mine = way.path->agent().credentials();
  model::IceParameters ice;
  ice.ufrag = mine.ufrag;
  ice.password = mine.password;
  ice.trickle = config_.ice.trickle;
  ice.candidates.assign(way.candidates.begin() + static_cast<ptrdiff_t>(way.told),
                        way.candidates.end());
  ice.end_of_candidates = way.complete;
  way.told = way.candidates.size();
  way.complete_told = way.complete;
  return ice;
}

// ---- what was agreed ---------------------------------------------------------

void CallIce::begin(const model::IceParameters& theirs) {
  if (!pending_) return;  // what is in use stays
  // Where candidates trickle the new credentials of a restart do as well (XEP-0176, section 5.13).
  if (current_ && config_.ice.trickle && theirs.ufrag == current_->remote_ufrag) return;
  if (current_ && works(current_)) before_ = std::move(current_);
  current_ = std::move(pending_);
  lost_ = false;
  current_->remote_ufrag = theirs.ufrag;
  model::IceParameters parameters = theirs;
  parameters.trickle = parameters.trickle || config_.ice.trickle;
  if (const auto set = current_->path->agent().set_remote(parameters); !set)
    link_.later([this, error = set.error()] { told_.failed(error); });
  else if (current_->dead)
    link_.later([this, error = *current_->dead] { told_.failed(error); });
  for (const model::IceParameters& news : std::exchange(early_, {}))
    if (news.ufrag.empty() || news.ufrag == theirs.ufrag) add_remote(news);
}

void CallIce::restart() {
  restart_ = true;
  trouble_.reset();
}

void CallIce::roll_back() {
  // What was to be found is still to be found.
  restart_ = restart_ || (pending_ && current_);
  pending_.reset();
}

void CallIce::lose() {
  drop();
  restart();
  lost_ = true;
}

void CallIce::give_up(std::function<void(std::vector<base::UniqueFd>)> done) {
  leaving_ = std::exchange(pending_ ? pending_ : current_, nullptr);
  drop();
  using Sockets = std::vector<base::UniqueFd>;
  // The path lives until then, and ends on this thread.
  auto back =
      link_.on_core([this, done = std::move(done)](const std::shared_ptr<Sockets>& sockets) {
        leaving_.reset();
        done(std::move(*sockets));
      });
  leaving_->path->agent().surrender(config_.local_ip, [back = std::move(back)](Sockets sockets) {
    back(std::make_shared<Sockets>(std::move(sockets)));
  });
}

void CallIce::drop() {
  lost_ = false;
  pending_.reset();
  current_.reset();
  before_.reset();
}

void CallIce::add_remote(const model::IceParameters& news) {
  const bool other = current_ && !news.ufrag.empty() && news.ufrag != current_->remote_ufrag;
  if (other && config_.ice.trickle) return restart_with(news);
  if (!current_ || other) {
    if (early_.size() < model::most_ice_candidates) early_.push_back(news);
    return;
  }
  ice::IceAgent& agent = current_->path->agent();
  for (const IceCandidate& candidate : news.candidates)
    if (const auto taken = agent.add_remote_candidate(candidate); !taken) continue;
  if (news.end_of_candidates) agent.end_of_remote_candidates();
}

bool CallIce::may_restart() {
  const base::MonoTime now = std::chrono::steady_clock::now();
  if (restarts_ >= most_restarts || now - last_restart_ < between_restarts) return false;
  ++restarts_;
  last_restart_ = now;
  return true;
}

// Ours is told and this is the answer to it, or the far end has begun.
void CallIce::restart_with(const model::IceParameters& theirs) {
  const bool ours = pending_ && pending_->described;
  if (theirs.password.empty() || (!ours && !may_restart())) return;
  if (!ours) make(ice::IceRole::controlled, components_in_use_, {});
  if (!pending_) return;
  begin(theirs);
  if (!ours) {
    current_->described = true;
    model::TransportDescription mine;
    mine.ice = news_of(*current_);
    told_.found(mine);
  }
  told_.moved();
}

bool CallIce::works(const SharedWay& way) const {
  for (unsigned component = 1; component <= components_in_use_; ++component)
    if (!way->path->connected(component)) return false;
  return true;
}

bool CallIce::works() const {
  if (!current_) return !lost_;
  return works(current_) || (before_ && works(before_));
}

model::MediaPath CallIce::describe_path() const {
  if (!current_ || !current_->pair) return {};
  const ice::IcePair& pair = *current_->pair;
  model::MediaPath path;
  path.local_type = model::to_string(pair.local.type);
  path.remote_type = model::to_string(pair.remote.type);
  path.transport = pair.local.transport == IceCandidate::Transport::udp ? "udp" : "tcp";
  if (pair.relay && *pair.relay < current_->relays.size())
    path.relay_transport = current_->relays[*pair.relay].transport;
  return path;
}

// What was tried is known on the agent's thread; then it is over.
void CallIce::fail_with_report(const Way& way, const Error& error) {
  way.path->agent().report(link_.on_core([this, of = &way, error](const ice::IceReport& report) {
    if (current_.get() != of) return;
    for (const auto& refused : report.refused)
      told_.traced({TraceStep::Kind::candidate,
                    refused.reason,
                    "an address of the far end that is not used: " + words(refused.candidate),
                    {{"address", refused.candidate.address.ip}}});
    told_.traced({TraceStep::Kind::path, "ICE_PAIRS_TRIED",
                  std::to_string(report.pairs.size()) + " pairs of addresses were tried" +
                      pairs_in_words(report.pairs)});
    told_.failed(error);
  }));
}

void CallIce::state_changed(Way& way, unsigned component, ice::IceState state, const Error& error) {
  if (component > components_in_use_) return;
  if (state == ice::IceState::checking && component == rtp_component)
    told_.traced({TraceStep::Kind::path, "ICE_CHECKING", "the ends try to reach each other"});
  if (state == ice::IceState::failed)
    told_.traced({TraceStep::Kind::path, error.reason, error.message});
  const bool ours = current_.get() == &way;
  if (state != ice::IceState::failed) {
    if (!ours || !works(current_)) return;
    way.worked = true;
    before_.reset();
    return told_.changed();
  }
  if (!ours) {
    if (before_.get() == &way) {
      before_.reset();
      return told_.changed();
    }
    // Nothing could be gathered: on_enough() follows.
    if (pending_.get() == &way) {
      way.dead = error;
      trouble_ = error;
    }
    return;
  }
  if (before_ && works(before_)) {
    // The old way goes on.
    current_ = std::move(before_);
    return told_.moved();
  }
  if (!way.worked) return fail_with_report(way, error);
  told_.changed();
  told_.lost();
}

}  // namespace commd::engine
