// What libnice's signals mean for the owner of an agent.
#include <fcntl.h>
#include <glib-object.h>
#include <sys/socket.h>

#include <algorithm>
#include <utility>

#include "media/ice/agent_core.h"
#include "media/ice/ip_kind.h"
#include "media/ice/nice_convert.h"

namespace commd::ice {

namespace {

using base::Code;
using model::IceCandidate;

// libnice asks a server three times within two seconds before it gives up.
constexpr std::chrono::milliseconds silence_after{1900};

// RFC 8839, section 5.1: for who does not tell what is behind a relay.
const model::TransportAddress nowhere{"0.0.0.0", 9};
const model::TransportAddress nowhere_v6{"::", 9};

IceCandidate without_base(IceCandidate candidate) {
  candidate.related = is_ipv6(candidate.address.ip) ? nowhere_v6 : nowhere;
  return candidate;
}

const char* words_for(guint state) {
  switch (state) {
    case NICE_COMPONENT_STATE_GATHERING:
      return "gathering";
    case NICE_COMPONENT_STATE_CONNECTING:
      return "checking";
    case NICE_COMPONENT_STATE_CONNECTED:
      return "connected";
    case NICE_COMPONENT_STATE_READY:
      return "ready";
    case NICE_COMPONENT_STATE_FAILED:
      return "every check failed, or consent was lost";
    default:
      return "disconnected";
  }
}

base::Error consent_lost() {
  return {Code::unavailable,
          "ICE_CONSENT_LOST",
          "the far end of the media has not answered for ten seconds",
          {}};
}

bool is_udp_on(int fd, const std::string& ip) {
  int type = 0;
  socklen_t size = sizeof type;
  if (::getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) != 0 || type != SOCK_DGRAM) return false;
  NiceAddress bound;
  size = sizeof bound.s;
  return ::getsockname(fd, &bound.s.addr, &size) == 0 && from_nice(bound).ip == ip;
}

base::Error no_pair(const char* words) { return {Code::unavailable, "ICE_FAILED", words, {}}; }

base::Error relay_error(const TurnServer& server, const char* reason, const std::string& what) {
  const std::string where =
      (is_ipv6(server.address.ip) ? "[" + server.address.ip + "]" : server.address.ip) + ":" +
      std::to_string(server.address.port);
  return {Code::unavailable,
          reason,
          "the TURN server " + where + " over " + to_string(server.protocol) +
              " gave no relay: " + what,
          {{"server", where}, {"protocol", to_string(server.protocol)}}};
}

}  // namespace

// ---- gathering ---------------------------------------------------------------

void AgentCore::candidate_found(IceCandidate candidate, std::optional<size_t> relay) {
  if (relay && *relay < relayed_.size()) relayed_[*relay] = true;
  if (options_.relay_only) {
    if (!relay) return;
    candidate = without_base(std::move(candidate));
  }
  // A STUN server has seen us where the router has already put us.
  if (candidate.type == IceCandidate::Type::server_reflexive && is_mapped(candidate.address))
    return;
  trace_.step(candidate.component, "ours: " + describe(candidate));
  tell([&](IceListener& listener) { listener.on_local_candidate(candidate); });
  ask_router(candidate);
}

void AgentCore::nice_has_gathered() {
  if (std::exchange(nice_gathered_, true)) return;
  const bool slow = std::chrono::steady_clock::now() - gathering_since_ >= silence_after;
  for (size_t relay = 0; relay < relayed_.size(); ++relay) {
    outcomes_.push_back(outcome_of(relay, slow));
    if (!outcomes_.back().relayed) trace_.step(0, outcomes_.back().error.message);
  }
  trace_.relays(outcomes_);
  if (router_owes_ == 0) gathering_over();
}

void AgentCore::gathering_over() {
  if (std::exchange(gathered_, true)) return;
  stop_timer(router_patience_);
  trace_.step(0, "gathering is over");
  tell([&](IceListener& listener) { listener.on_gathered(outcomes_); });
  enough();
}

RelayOutcome AgentCore::outcome_of(size_t relay, bool slow) const {
  const TurnServer& server = options_.turn_servers[relay];
  RelayOutcome outcome{server.address, server.protocol, relayed_[relay], {}};
  if (outcome.relayed) return outcome;
  if (!could_ask(server)) {
    outcome.error = relay_error(server, "TURN_UNREACHABLE",
                                "this machine has no address from which it could be asked");
  } else if (slow) {
    outcome.error = relay_error(server, "TURN_SILENT",
                                "it did not answer in time (if another one did not, it may also "
                                "have refused the user name or the password)");
  } else {
    outcome.error =
        relay_error(server, "TURN_REFUSED", "it refused; check the user name and the password");
  }
  return outcome;
}

bool AgentCore::could_ask(const TurnServer& server) const {
  const auto fits = [&](const std::string& ip) {
    return is_ipv6(ip) == is_ipv6(server.address.ip);
  };
  if (!options_.local_addresses.empty()) {
    return std::any_of(options_.local_addresses.begin(), options_.local_addresses.end(), fits);
  }
  if (options_.relay_only) return true;  // libnice keeps the others to itself
  const auto hosts = candidates_of(true);
  return std::any_of(hosts.begin(), hosts.end(),
                     [&](const IceCandidate& host) { return fits(host.address.ip); });
}

std::vector<IceCandidate> AgentCore::candidates_of(bool local) const {
  std::vector<IceCandidate> found;
  const NiceLibrary& nice = thread_.library();
  for (guint component = 1; component <= components_.size(); ++component) {
    GSList* const list = local ? nice.agent_get_local_candidates(agent_, stream_, component)
                               : nice.agent_get_remote_candidates(agent_, stream_, component);
    for (GSList* at = list; at != nullptr; at = at->next) {
      auto* const candidate = static_cast<NiceCandidate*>(at->data);
      found.push_back(from_nice(*candidate));
      nice.candidate_free(candidate);
    }
    g_slist_free(list);
  }
  return found;
}

// ---- states ------------------------------------------------------------------

void AgentCore::state_changed(unsigned component, guint state) {
  if (component < 1 || component > components_.size()) return;
  Component& one = components_[component - 1];
  trace_.step(component, words_for(state));
  switch (state) {
    case NICE_COMPONENT_STATE_GATHERING:
      return become(component, one.worked ? one.told : IceState::gathering);
    case NICE_COMPONENT_STATE_CONNECTING:
      one.stuck = false;  // a candidate came that helps
      return become(component, IceState::checking);
    case NICE_COMPONENT_STATE_CONNECTED:
    case NICE_COMPONENT_STATE_READY:
      one.worked = true;
      one.stuck = false;
      become(component,
             state == NICE_COMPONENT_STATE_READY ? IceState::ready : IceState::connected);
      if (all_work()) stop_timer(patience_);
      return;
    case NICE_COMPONENT_STATE_FAILED:
      if (one.worked) return become(component, IceState::failed, consent_lost());
      one.stuck = true;
      return fail_stuck();
    default:
      return;
  }
}

// libnice gives up when all that it has was tried; but more may be told.
void AgentCore::fail_stuck() {
  if (!remote_complete_) return;
  for (unsigned component = 1; component <= components_.size(); ++component) {
    if (!std::exchange(components_[component - 1].stuck, false)) continue;
    become(component, IceState::failed,
           no_pair("no way to the far end of the media: every check of a pair of addresses "
                   "failed"));
  }
}

void AgentCore::become(unsigned component, IceState state, base::Error error) {
  Component& one = components_[component - 1];
  if (one.told == state) return;
  one.told = state;
  if (state == IceState::failed) trace_.step(component, error.message);
  tell([&](IceListener& listener) { listener.on_state(component, state, error); });
}

void AgentCore::pair_selected(unsigned component, IcePair pair) {
  if (pair.relay) {
    if (*pair.relay < options_.turn_servers.size()) {
      pair.relay_protocol = options_.turn_servers[*pair.relay].protocol;
    } else {
      pair.relay.reset();
    }
  }
  if (options_.relay_only) pair.local = without_base(std::move(pair.local));
  // libnice, which knows nothing of it, has found it by a check.
  if (pair.local.type == IceCandidate::Type::peer_reflexive && is_mapped(pair.local.address))
    pair.local.type = IceCandidate::Type::server_reflexive;
  trace_.selected(pair);
  trace_.step(component, "selected: " + describe(pair.local) + " with " + describe(pair.remote));
  tell([&](IceListener& listener) { listener.on_selected_pair(component, pair); });
}

bool AgentCore::all_work() const {
  return std::all_of(components_.begin(), components_.end(),
                     [](const Component& one) { return one.worked; });
}

// ---- patience ----------------------------------------------------------------

void AgentCore::start_timer(GSource*& timer, std::chrono::milliseconds after,
                            GSourceFunc callback) {
  stop_timer(timer);
  timer = g_timeout_source_new(static_cast<guint>(after.count()));
  g_source_set_callback(timer, callback, this, nullptr);
  g_source_attach(timer, thread_.context());
}

void AgentCore::stop_timer(GSource*& timer) {
  GSource* const source = std::exchange(timer, nullptr);
  if (source == nullptr) return;
  g_source_destroy(source);
  g_source_unref(source);
}

gboolean AgentCore::on_gathered_enough(gpointer self) noexcept {
  const auto core = static_cast<AgentCore*>(self)->shared_from_this();
  core->enough();
  return G_SOURCE_REMOVE;
}

void AgentCore::enough() {
  stop_timer(gathering_patience_);
  if (std::exchange(enough_, true)) return;
  tell([](IceListener& listener) { listener.on_enough(); });
}

gboolean AgentCore::on_impatient(gpointer self) noexcept {
  // The listener may destroy the agent.
  const auto core = static_cast<AgentCore*>(self)->shared_from_this();
  stop_timer(core->patience_);
  for (unsigned component = 1; component <= core->components_.size(); ++component) {
    if (core->components_[component - 1].worked) continue;
    core->become(component, IceState::failed,
                 no_pair("no way to the far end of the media was found in time"));
  }
  return G_SOURCE_REMOVE;
}

// ---- without ICE after all ---------------------------------------------------

std::vector<base::UniqueFd> AgentCore::host_sockets(const std::string& ip) const {
  std::vector<base::UniqueFd> found(components_.size());
  if (agent_ == nullptr) return found;
  const NiceLibrary& nice = thread_.library();
  for (guint component = 1; component <= components_.size(); ++component) {
    GPtrArray* const sockets = nice.agent_get_sockets(agent_, stream_, component);
    if (sockets == nullptr) continue;
    for (guint i = 0; i < sockets->len && !found[component - 1]; ++i) {
      int fd = -1;
      g_object_get(g_ptr_array_index(sockets, i), "fd", &fd, nullptr);
      if (is_udp_on(fd, ip)) found[component - 1].reset(::fcntl(fd, F_DUPFD_CLOEXEC, 3));
    }
    g_ptr_array_unref(sockets);
  }
  return found;
}

// ---- what was asked ----------------------------------------------------------

void AgentCore::report(const std::function<void(IceReport)>& done) {
  if (agent_ == nullptr) return;
  auto ours = candidates_of(true);
  if (options_.relay_only) {
    std::erase_if(ours, [](const auto& one) { return one.type != IceCandidate::Type::relayed; });
    std::transform(ours.begin(), ours.end(), ours.begin(), without_base);
  }
  IceReport report = trace_.report(std::move(ours), candidates_of(false), options_.role);
  tell([&](IceListener&) { done(std::move(report)); });
}

SendResult AgentCore::send(unsigned component, std::span<const uint8_t> datagram) {
  GOutputVector part{datagram.data(), datagram.size()};
  NiceOutputMessage message{&part, 1};
  GError* error = nullptr;
  const std::lock_guard lock(sending_);
  if (agent_ == nullptr || datagram.empty() || component < 1 || component > components_.size()) {
    return SendResult::refused;
  }
  const gint sent = thread_.library().agent_send_messages_nonblocking(agent_, stream_, component,
                                                                      &message, 1, nullptr, &error);
  if (sent == 1) return SendResult::sent;
  const bool later = error != nullptr && error->code == G_IO_ERROR_WOULD_BLOCK;
  g_clear_error(&error);
  return later ? SendResult::not_now : SendResult::refused;
}

}  // namespace commd::ice
