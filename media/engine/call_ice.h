// The part of a CallSession that deals with ICE: the path that is in use, the one that is
// told and not answered yet, what of both the far end knows.
//
// Core thread.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "daemon/ports/media_engine.h"
#include "daemon/ports/relay_access.h"
#include "media/engine/ice_path.h"
#include "media/engine/media_link.h"
#include "media/engine/negotiation.h"
#include "media/engine/udp_ports.h"

namespace commd::engine {

class CallIce {
  using IceServer = model::IceServer;

 public:
  // What comes of it, later.
  struct Told {
    std::function<void(const model::TransportDescription& news)> found;
    std::function<void()> changed;  // works() may be another
    std::function<void(const base::Error&)> failed;
    std::function<void()> lost;   // a way that worked is gone
    std::function<void()> moved;  // path() is another, which the far end has asked for
    std::function<void(const model::TraceStep&)> traced;
  };

  // Null where there is none. All outlive it.
  struct Around {
    ice::IceThread* thread = nullptr;
    ports::RelayAccess* relays = nullptr;
    PortRange ports;
  };
  CallIce(Around around, const ports::MediaConfig& config, MediaLink& link, Told told);

  bool enabled() const { return around_.thread != nullptr && config_.ice.enabled; }

  // ---- our descriptions
  // One is made of a path that is there, or that is being made: `then` is called once what
  // is to be said is known, and the description is made again.
  enum class Ready { yes, later };
  Ready prepare_offer(std::function<void()> then);
  Ready prepare_answer(const Negotiator::IceOf& theirs, std::function<void()> then);
  // Why no path could be made; the description is made without one then.
  const std::optional<base::Error>& trouble() const { return trouble_; }
  // What is to be said; what is found from now on is told by itself.
  LocalTransport describe();
  // From the next offer on another path is looked for.
  void restart();

  // ---- what was agreed
  // The far end has a path's description and said this; its checks begin.
  void begin(const model::IceParameters& theirs);
  // Ours is void: it was refused, or theirs came first.
  void roll_back();
  // The path leads to somebody else than the branch that was chosen: nothing goes over it any more,
  // and the next offer finds another.
  void lose();
  // The far end knows no ICE. `done` gets the sockets of the default candidate, by component.
  void give_up(std::function<void(std::vector<base::UniqueFd>)> done);
  // More candidates of the far end.
  void add_remote(const model::IceParameters& news);
  // Neither path is needed any more: the call goes without ICE.
  void drop();

  // A path is in use.
  bool in_use() const { return current_ != nullptr || lost_; }
  // An offer of ours with a path is out.
  bool offered() const { return pending_ != nullptr; }
  // There is something to say.
  bool can_describe() const { return pending_ != nullptr || current_ != nullptr; }
  bool works() const;
  // RTCP goes with RTP (1), or has a component of its own (2).
  void use_components(unsigned components) { components_in_use_ = components; }
  // In use; null without.
  std::shared_ptr<IcePath> path() const { return current_ ? current_->path : nullptr; }
  // Of the pair in use.
  model::MediaPath describe_path() const;

 private:
  // One of the agent's, as it is in truth: over TLS the agent only knows a door of this machine.
  struct Relay {
    model::TransportAddress known_as;
    std::string server;     // "192.0.2.1:3478"
    std::string transport;  // "udp", "tcp", "tls"
  };
  struct Way {
    std::vector<std::unique_ptr<ports::RelayDoor>> doors;  // to relays over TLS
    std::vector<Relay> relays;                             // by the agent's index
    std::shared_ptr<IcePath> path;
    std::vector<model::IceCandidate> candidates;  // ours
    size_t told = 0;                              // of them, to the far end
    bool complete = false;                        // there are no more
    bool complete_told = false;
    bool telling = false;             // soon
    bool described = false;           // what comes from now on is told by itself
    bool ready = false;               // to be described where candidates cannot follow
    std::optional<base::Error> dead;  // no address could be had
    std::function<void()> then;
    std::string remote_ufrag;
    std::optional<ice::IcePair> pair;
    bool worked = false;
  };
  using SharedWay = std::shared_ptr<Way>;

  Ready make(ice::IceRole role, unsigned components, std::function<void()> then);
  IcePath::Told events(const SharedWay& of);
  ice::IceOptions options(ice::IceRole role, unsigned components) const;
  void add_servers(ice::IceOptions& options, Way& way) const;
  bool may_restart();
  void restart_with(const model::IceParameters& theirs);
  static model::TraceStep relay_step(const Way& way, const ice::RelayOutcome& outcome);
  model::IceParameters news_of(Way& way) const;
  void tell_found(Way& way);
  void tell_found_later(const SharedWay& of);
  void state_changed(Way& way, unsigned component, ice::IceState state, const base::Error& error);
  void fail_with_report(const Way& way, const base::Error& error);
  bool works(const SharedWay& way) const;
  std::optional<model::IceCandidate> default_candidate(const Way& way, unsigned component) const;

  const Around around_;
  const ports::MediaConfig& config_;
  MediaLink& link_;
  const Told told_;
  SharedWay current_;
  SharedWay pending_;
  SharedWay before_;  // still works, until current_ does
  // What a far end may begin anew: an agent takes sockets, and room at each relay.
  static constexpr unsigned most_restarts = 16;
  static constexpr std::chrono::seconds between_restarts{2};
  std::vector<model::IceParameters> early_;  // from before what they belong to
  std::optional<base::Error> trouble_;
  unsigned components_in_use_ = 1;
  bool restart_ = false;
  bool lost_ = false;      // there was one, and there will be
  SharedWay leaving_;      // whose sockets are on their way here
  unsigned restarts_ = 0;  // that the far end has begun
  base::MonoTime last_restart_{};
};

}  // namespace commd::engine
