// A way to the far end that ICE finds and keeps: an agent, and what its packets need
// between the thread of ICE and a call's worker.
//
// The core makes it, gathers and negotiates; the worker that carries the call takes what
// came, and sends. Both hold it; whoever lets go last ends it.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "daemon/base/result.h"
#include "media/engine/packet_ring.h"
#include "media/engine/socket_address.h"
#include "media/ice/ice_agent.h"

namespace commd::engine {

// RTP's component, and RTCP's where it has one of its own (RFC 8445, section 4).
inline constexpr unsigned rtp_component = 1;
inline constexpr unsigned rtcp_component = 2;

class IcePath final : private ice::IceListener {
 public:
  // What becomes of it. Called on the thread of ICE: to be passed on.
  struct Told {
    std::function<void(model::IceCandidate)> candidate;
    std::function<void(std::vector<ice::RelayOutcome>)> gathered;  // all are told
    std::function<void()> enough;                                  // IceListener::on_enough()
    std::function<void(unsigned component, ice::IceState, base::Error)> state;
    std::function<void(unsigned component, ice::IcePair)> pair;
  };

  // Errors are IceAgent's.
  static base::Result<std::shared_ptr<IcePath>> make(ice::IceThread& thread,
                                                     ice::IceOptions options, Told told);
  ~IcePath() override;
  IcePath(const IcePath&) = delete;
  IcePath& operator=(const IcePath&) = delete;

  // Core: its verbs.
  ice::IceAgent& agent() { return *agent_; }

  // ---- the worker that carries the call
  // `wake` is called by any thread when there is something to take and nobody polls, or
  // when the path has become usable. After unbind() it is not called any more.
  void bind(std::function<void()> wake);
  void unbind();
  // Whether each packet wakes; else only a crowd of them does.
  void set_eager(bool eager) { eager_.store(eager, std::memory_order_relaxed); }
  // The oldest that waits, see PacketRing::take().
  PacketRing::Head take(std::span<uint8_t> into);
  void send(unsigned component, std::span<const uint8_t> packet);

  // ---- any thread
  // A pair of the component works.
  bool connected(unsigned component) const {
    return (connected_.load(std::memory_order_acquire) >> component & 1U) != 0;
  }
  // The pair of RTP's component; empty before there is one.
  SocketAddress local_address() const;
  SocketAddress remote_address() const;

 private:
  // More than this wait: their worker is busy elsewhere, or this is a flood.
  static constexpr unsigned crowd = 32;

  explicit IcePath(Told told) : told_(std::move(told)) {}
  void wake();

  void on_local_candidate(const model::IceCandidate& candidate) override;
  void on_gathered(const std::vector<ice::RelayOutcome>& relays) override;
  void on_enough() override;
  void on_state(unsigned component, ice::IceState state, const base::Error& error) override;
  void on_selected_pair(unsigned component, const ice::IcePair& pair) override;
  void on_datagram(unsigned component, std::span<const uint8_t> datagram) override;

  const Told told_;
  PacketRing ring_;
  std::atomic<bool> eager_{true};
  std::atomic<unsigned> waiting_{0};
  std::atomic<unsigned> connected_{0};  // a bit for each component
  mutable std::mutex mutex_;            // of what follows
  std::function<void()> wake_;
  SocketAddress local_;
  SocketAddress remote_;
  std::unique_ptr<ice::IceAgent> agent_;  // ends first: it calls the others
};

}  // namespace commd::engine
