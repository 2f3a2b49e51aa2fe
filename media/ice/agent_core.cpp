#include "media/ice/agent_core.h"

#include <glib-object.h>

#include <algorithm>
#include <utility>

#include "media/ice/nice_convert.h"

namespace commd::ice {

namespace {

using base::Code;
using model::IceCandidate;

// RFC 8445's checks with RFC 7675's consent; candidates may come one by one. The
// controlling end nominates when it knows what works (RFC 8445, section 8.1.1; the
// aggressive way of RFC 5245 is gone).
constexpr auto agent_options = static_cast<NiceAgentOption>(NICE_AGENT_OPTION_ICE_TRICKLE |
                                                            NICE_AGENT_OPTION_CONSENT_FRESHNESS |
                                                            NICE_AGENT_OPTION_REGULAR_NOMINATION);

NiceRelayType type_of(RelayProtocol protocol) {
  switch (protocol) {
    case RelayProtocol::udp:
      return NICE_RELAY_TYPE_TURN_UDP;
    case RelayProtocol::tcp:
    case RelayProtocol::tls:  // check(options) has refused it
      return NICE_RELAY_TYPE_TURN_TCP;
  }
  return NICE_RELAY_TYPE_TURN_UDP;
}

base::Error no_address() {
  return {Code::unavailable,
          "ICE_NO_ADDRESS",
          "no address of this machine can be used for media: there is no network, or no free "
          "port of the range",
          {}};
}

}  // namespace

const char* to_string(IceState state) {
  switch (state) {
    case IceState::idle:
      return "idle";
    case IceState::gathering:
      return "gathering";
    case IceState::checking:
      return "checking";
    case IceState::connected:
      return "connected";
    case IceState::ready:
      return "ready";
    case IceState::failed:
      return "failed";
  }
  return "";
}

AgentCore::AgentCore(IceThread& thread, IceOptions options, IceListener& listener)
    : thread_(thread),
      options_(std::move(options)),
      listener_(&listener),
      components_(options_.components),
      relayed_(options_.turn_servers.size()),
      router_door_(std::make_shared<RouterDoor>()) {
  router_door_->thread = &thread;
}

AgentCore::~AgentCore() { shut_router_door(); }

void AgentCore::silence() {
  const std::lock_guard lock(gate_);
  listener_ = nullptr;
}

base::Result<void> AgentCore::count_candidate() {
  if (counted_.fetch_add(1) < IceAgent::most_remote_candidates) return {};
  return base::fail(Code::resource_exhausted, "ICE_CANDIDATE_LIMIT",
                    "the far end has told of more than 64 addresses; the others are not used");
}

// ---- life --------------------------------------------------------------------

void AgentCore::open(const IceCredentials& mine) {
  const NiceLibrary& nice = thread_.library();
  NiceAgent* agent =
      nice.agent_new_full(thread_.context(), NICE_COMPATIBILITY_RFC5245, agent_options);
  const guint stream = nice.agent_add_stream(agent, options_.components);
  {
    const std::lock_guard lock(sending_);
    agent_ = agent;
    stream_ = stream;
  }
  apply_options();
  nice.agent_set_local_credentials(agent_, stream_, mine.ufrag.c_str(),
                                   std::string(mine.password.reveal()).c_str());
  connect_signals();
  for (guint component = 1; component <= options_.components; ++component) {
    nice.agent_attach_recv(agent_, stream_, component, thread_.context(), &AgentCore::on_data,
                           this);
  }
}

void AgentCore::apply_options() {
  const NiceLibrary& nice = thread_.library();
  g_object_set(agent_, "controlling-mode", options_.role == IceRole::controlling ? TRUE : FALSE,
               "ice-tcp", options_.tcp ? TRUE : FALSE, "force-relay",
               options_.relay_only ? TRUE : FALSE,
               // adr/0012 says why routers are asked by ourselves.
               "upnp", FALSE, nullptr);
  if (options_.stun_server) {
    g_object_set(agent_, "stun-server", options_.stun_server->ip.c_str(), "stun-server-port",
                 static_cast<guint>(options_.stun_server->port), nullptr);
  }
  for (const std::string& ip : options_.local_addresses) {
    NiceAddress address;
    if (to_nice(ip, 0, address)) nice.agent_add_local_address(agent_, &address);
  }
  if (options_.first_port != 0) {
    for (guint component = 1; component <= options_.components; ++component) {
      nice.agent_set_port_range(agent_, stream_, component, options_.first_port,
                                options_.last_port);
    }
  }
  add_relays();
}

void AgentCore::add_relays() {
  for (const TurnServer& server : options_.turn_servers) {
    std::string password(server.password.reveal());
    for (guint component = 1; component <= options_.components; ++component) {
      thread_.library().agent_set_relay_info(agent_, stream_, component, server.address.ip.c_str(),
                                             server.address.port, server.username.c_str(),
                                             password.c_str(), type_of(server.protocol));
    }
    base::wipe_memory(password.data(), password.size());
  }
}

void AgentCore::close() {
  stop_timer(patience_);
  stop_timer(gathering_patience_);
  stop_timer(router_patience_);
  shut_router_door();
  mappings_.clear();
  NiceAgent* agent = nullptr;
  {
    const std::lock_guard lock(sending_);
    agent = std::exchange(agent_, nullptr);
  }
  if (agent == nullptr) return;
  g_signal_handlers_disconnect_matched(agent, G_SIGNAL_MATCH_DATA, 0, 0, nullptr, nullptr, this);
  for (guint component = 1; component <= options_.components; ++component) {
    thread_.library().agent_attach_recv(agent, stream_, component, thread_.context(), nullptr,
                                        nullptr);
  }
  thread_.retire(agent);
}

void AgentCore::gather() {
  if (agent_ == nullptr || std::exchange(gathering_, true)) return;
  gathering_since_ = std::chrono::steady_clock::now();
  trace_.step(0, "gathering");
  start_timer(gathering_patience_, options_.gathering_patience, &AgentCore::on_gathered_enough);
  if (thread_.library().agent_gather_candidates(agent_, stream_)) {
    learn_kinds();
  } else {
    gathered_ = true;
    for (unsigned component = 1; component <= components_.size(); ++component) {
      become(component, IceState::failed, no_address());
    }
    enough();
  }
  for (const IceCandidate& candidate : std::exchange(early_, {})) hand_over(candidate);
}

// Addresses of this machine are there at once; those of a relay are near its server.
void AgentCore::learn_kinds() {
  for (const IceCandidate& candidate : candidates_of(true)) kinds_.add(candidate.address.ip);
  if (!options_.relay_only) return;
  for (const TurnServer& server : options_.turn_servers)
    if (!server.behind_door) kinds_.add(server.address.ip);
}

void AgentCore::restart(const IceCredentials& mine) {
  if (agent_ == nullptr) return;
  stop_timer(patience_);
  remote_complete_ = false;
  early_.clear();
  for (Component& component : components_) component.worked = component.stuck = false;
  trace_.step(0, "restart");
  thread_.library().agent_restart_stream(agent_, stream_);
  thread_.library().agent_set_local_credentials(agent_, stream_, mine.ufrag.c_str(),
                                                std::string(mine.password.reveal()).c_str());
}

// ---- the far end -------------------------------------------------------------

void AgentCore::set_remote(const IceCredentials& theirs) {
  if (agent_ == nullptr) return;
  thread_.library().agent_set_remote_credentials(agent_, stream_, theirs.ufrag.c_str(),
                                                 std::string(theirs.password.reveal()).c_str());
  trace_.step(0, "the far end's credentials came");
  start_timer(patience_, options_.patience, &AgentCore::on_impatient);
}

void AgentCore::add_remote(const IceCandidate& candidate) {
  if (agent_ == nullptr) return;
  if (gathering_) return hand_over(candidate);
  early_.push_back(candidate);  // as many as were counted
}

void AgentCore::hand_over(const IceCandidate& candidate) {
  if (!kinds_.reach(candidate.address.ip)) {
    return note_refused(candidate, "ICE_CANDIDATE_UNREACHABLE");
  }
  const NiceLibrary& nice = thread_.library();
  const Candidate converted = to_nice(nice, candidate);
  if (!converted) return;
  converted->stream_id = stream_;
  GSList list{converted.get(), nullptr};
  if (nice.agent_set_remote_candidates(agent_, stream_, candidate.component, &list) < 1) {
    note_refused(candidate, "ICE_CANDIDATE_UNUSABLE");
  }
}

void AgentCore::note_refused(const IceCandidate& candidate, const std::string& reason) {
  trace_.refused(candidate, reason);
}

void AgentCore::end_of_remote() {
  if (agent_ == nullptr || std::exchange(remote_complete_, true)) return;
  trace_.step(0, "the far end has no more candidates");
  thread_.library().agent_peer_candidate_gathering_done(agent_, stream_);
  fail_stuck();
}

// ---- what libnice says -------------------------------------------------------

void AgentCore::connect_signals() {
  const auto connect = [this](const char* signal, GCallback callback) {
    g_signal_connect(agent_, signal, callback, this);
  };
  connect("new-candidate-full", G_CALLBACK(&AgentCore::on_candidate));
  connect("candidate-gathering-done", G_CALLBACK(&AgentCore::on_gathered));
  connect("component-state-changed", G_CALLBACK(&AgentCore::on_state));
  connect("new-selected-pair-full", G_CALLBACK(&AgentCore::on_pair));
  connect("new-remote-candidate-full", G_CALLBACK(&AgentCore::on_found));
}

template <class Task>
void AgentCore::later(Task task) {
  thread_.post([weak = weak_from_this(), task = std::move(task)] {
    const auto self = weak.lock();
    if (self && self->agent_ != nullptr) task(*self);
  });
}

void AgentCore::on_candidate(NiceAgent*, NiceCandidate* candidate, gpointer self) noexcept {
  static_cast<AgentCore*>(self)->later(
      [found = from_nice(*candidate), relay = relay_of(*candidate)](AgentCore& core) {
        core.candidate_found(found, relay);
      });
}

void AgentCore::on_gathered(NiceAgent*, guint, gpointer self) noexcept {
  static_cast<AgentCore*>(self)->later([](AgentCore& core) { core.nice_has_gathered(); });
}

void AgentCore::on_state(NiceAgent*, guint, guint component, guint state, gpointer self) noexcept {
  static_cast<AgentCore*>(self)->later(
      [component, state](AgentCore& core) { core.state_changed(component, state); });
}

void AgentCore::on_pair(NiceAgent*, guint, guint component, NiceCandidate* local,
                        NiceCandidate* remote, gpointer self) noexcept {
  IcePair pair{from_nice(*local), from_nice(*remote), relay_of(*local), RelayProtocol::udp};
  static_cast<AgentCore*>(self)->later([component, pair = std::move(pair)](AgentCore& core) {
    core.pair_selected(component, pair);
  });
}

void AgentCore::on_found(NiceAgent*, NiceCandidate* candidate, gpointer self) noexcept {
  static_cast<AgentCore*>(self)->later([found = from_nice(*candidate)](AgentCore& core) {
    core.trace_.step(found.component, "found by a check: " + describe(found));
  });
}

void AgentCore::on_data(NiceAgent*, guint, guint component, guint length, gchar* data,
                        gpointer self) noexcept {
  const std::span<const uint8_t> datagram(reinterpret_cast<const uint8_t*>(data), length);
  static_cast<AgentCore*>(self)->tell(
      [&](IceListener& listener) { listener.on_datagram(component, datagram); });
}

}  // namespace commd::ice
