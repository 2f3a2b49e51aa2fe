// The inside of an IceAgent, alive until libnice has let go of it; of this room alone.
// Everything belongs to the IceThread but what is said to be any thread's.
#pragma once

#include <nice/agent.h>

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "media/ice/ice_agent.h"
#include "media/ice/ice_thread.h"
#include "media/ice/trace.h"

namespace commd::ice {

class AgentCore : public std::enable_shared_from_this<AgentCore> {
 public:
  AgentCore(IceThread& thread, IceOptions options, IceListener& listener);
  ~AgentCore();

  // ---- any thread
  SendResult send(unsigned component, std::span<const uint8_t> datagram);
  // After it the listener is not called any more.
  void silence();
  base::Result<void> count_candidate();
  void forget_count() { counted_ = 0; }

  // ---- the IceThread
  void open(const IceCredentials& mine);
  void gather();
  void set_remote(const IceCredentials& theirs);
  void add_remote(const model::IceCandidate& candidate);
  void end_of_remote();
  void restart(const IceCredentials& mine);
  void note_refused(const model::IceCandidate& candidate, const std::string& reason);
  void report(const std::function<void(IceReport)>& done);
  // Descriptors of their own, see IceAgent::surrender().
  std::vector<base::UniqueFd> host_sockets(const std::string& ip) const;
  void close();

 private:
  struct Component {
    IceState told = IceState::idle;
    bool worked = false;  // in this generation: a failure is one of consent
    bool stuck = false;   // libnice has given up, but more candidates may come
  };

  // libnice's signals come on whatever thread called it, a worker's too: they are
  // copied and posted, always.
  void connect_signals();
  template <class Task>
  void later(Task task);
  static void on_candidate(NiceAgent*, NiceCandidate* candidate, gpointer self) noexcept;
  static void on_gathered(NiceAgent*, guint stream, gpointer self) noexcept;
  static void on_state(NiceAgent*, guint stream, guint component, guint state,
                       gpointer self) noexcept;
  static void on_pair(NiceAgent*, guint stream, guint component, NiceCandidate* local,
                      NiceCandidate* remote, gpointer self) noexcept;
  static void on_found(NiceAgent*, NiceCandidate* candidate, gpointer self) noexcept;
  static void on_data(NiceAgent*, guint stream, guint component, guint length, gchar* data,
                      gpointer self) noexcept;

  void apply_options();
  void add_relays();
  void learn_kinds();
  void hand_over(const model::IceCandidate& candidate);
  void candidate_found(model::IceCandidate candidate, std::optional<size_t> relay);
  void nice_has_gathered();
  void gathering_over();
  void ask_router(const model::IceCandidate& host);
  void router_answered(size_t which, const std::optional<model::TransportAddress>& outside);
  bool is_mapped(const model::TransportAddress& address) const;
  static gboolean on_router_silent(gpointer self) noexcept;
  RelayOutcome outcome_of(size_t relay, bool slow) const;
  bool could_ask(const TurnServer& server) const;
  void state_changed(unsigned component, guint state);
  void pair_selected(unsigned component, IcePair pair);
  void become(unsigned component, IceState state, base::Error error = {});
  void fail_stuck();
  void start_timer(GSource*& timer, std::chrono::milliseconds after, GSourceFunc callback);
  static void stop_timer(GSource*& timer);
  static gboolean on_impatient(gpointer self) noexcept;
  void enough();
  static gboolean on_gathered_enough(gpointer self) noexcept;
  std::vector<model::IceCandidate> candidates_of(bool local) const;
  bool all_work() const;
  template <class Call>
  void tell(Call call) {
    const std::lock_guard lock(gate_);
    if (listener_ != nullptr) call(*listener_);
  }

  IceThread& thread_;
  const IceOptions options_;
  // Held while the listener is called; recursive, as it may destroy the agent.
  std::recursive_mutex gate_;
  IceListener* listener_;  // by gate_

  // Held while libnice sends for another thread, so that the agent is not let go then.
  std::mutex sending_;
  NiceAgent* agent_ = nullptr;  // written under sending_, by the IceThread
  guint stream_ = 0;            // likewise
  std::atomic<size_t> counted_{0};

  std::vector<Component> components_;
  bool gathering_ = false;  // begun
  bool gathered_ = false;   // and over
  bool nice_gathered_ = false;
  std::vector<RelayOutcome> outcomes_;  // from then on
  bool remote_complete_ = false;
  base::MonoTime gathering_since_{};
  LocalKinds kinds_;
  std::vector<model::IceCandidate> early_;  // from before the gathering
  std::vector<bool> relayed_;               // of each TURN server
  // Of host candidates, by the router of this network.
  struct Mapping {
    model::IceCandidate host;
    std::unique_ptr<ports::PortMapping> held;
    model::TransportAddress outside;  // empty: not known yet, or never
  };
  // By which answers come, until close(): the thread may be gone before a late one.
  struct RouterDoor {
    std::mutex mutex;
    IceThread* thread;
  };
  void shut_router_door();
  const std::shared_ptr<RouterDoor> router_door_;
  std::vector<Mapping> mappings_;
  size_t router_owes_ = 0;  // so many answers
  GSource* router_patience_ = nullptr;
  GSource* patience_ = nullptr;
  GSource* gathering_patience_ = nullptr;
  bool enough_ = false;  // was told
  Trace trace_;
};

}  // namespace commd::ice
