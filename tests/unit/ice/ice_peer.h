// An agent with everything that it told, for tests to wait on.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <condition_variable>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "media/ice/ice_agent.h"
#include "media/ice/ice_thread.h"

namespace commd::ice {

using namespace std::chrono_literals;
using model::IceCandidate;
using Bytes = std::vector<uint8_t>;

inline constexpr auto test_patience = 30s;

class IcePeer : public IceListener {
 public:
  IcePeer(IceThread& thread, IceOptions options) : thread_(thread) {
    auto made = IceAgent::create(thread, std::move(options), *this);
    EXPECT_TRUE(made) << made.error().message;
    if (made) agent = std::move(*made);
    inbox_->agent = agent.get();
  }
  ~IcePeer() override { end(); }

  void end() {
    {
      const std::lock_guard lock(inbox_->mutex);
      inbox_->agent = nullptr;
    }
    agent.reset();
  }

  // Candidates go to `other` as they come.
  void trickle_to(IcePeer& other) {
    const std::lock_guard lock(mutex_);
    trickle_ = [inbox = other.inbox_](const IceCandidate* candidate) {
      const std::lock_guard inbox_lock(inbox->mutex);
      if (inbox->agent == nullptr) return;
      if (candidate != nullptr) {
        (void)inbox->agent->add_remote_candidate(*candidate);
      } else {
        inbox->agent->end_of_remote_candidates();
      }
    };
  }

  model::IceParameters parameters(bool with_candidates) const {
    model::IceParameters mine;
    mine.ufrag = agent->credentials().ufrag;
    mine.password = agent->credentials().password;
    mine.trickle = !with_candidates;
    const std::lock_guard lock(mutex_);
    if (with_candidates) mine.candidates = candidates;
    return mine;
  }

  template <class Condition>
  bool wait(Condition condition, std::chrono::milliseconds time = test_patience) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, time, condition);
  }
  bool wait_usable(unsigned component = 1) {
    return wait([&] {
      return states[component] == IceState::connected || states[component] == IceState::ready;
    });
  }
  bool wait_gathered() {
    return wait([&] { return gathered; });
  }
  bool wait_failed() {
    return wait([&] { return states[1] == IceState::failed; });
  }
  bool wait_datagram(const Bytes& wanted, unsigned component = 1) {
    return wait([&] {
      for (const auto& one : datagrams) {
        if (one == std::pair{component, wanted}) return true;
      }
      return false;
    });
  }
  IceReport report() const {
    std::promise<IceReport> promise;
    agent->report([&](IceReport done) { promise.set_value(std::move(done)); });
    return promise.get_future().get();
  }

  void on_local_candidate(const IceCandidate& candidate) override {
    const std::lock_guard lock(mutex_);
    candidates.push_back(candidate);
    if (trickle_) trickle_(&candidate);
    changed_.notify_all();
  }
  void on_gathered(const std::vector<RelayOutcome>& outcomes) override {
    const std::lock_guard lock(mutex_);
    gathered = true;
    relays = outcomes;
    if (trickle_) trickle_(nullptr);
    changed_.notify_all();
  }
  void on_state(unsigned component, IceState state, const base::Error& why) override {
    EXPECT_TRUE(thread_.on_loop_thread());
    const std::lock_guard lock(mutex_);
    states[component] = state;
    history.push_back(state);
    EXPECT_EQ(state == IceState::failed, !why.reason.empty());
    error = why;
    changed_.notify_all();
  }
  void on_selected_pair(unsigned component, const IcePair& pair) override {
    const std::lock_guard lock(mutex_);
    pairs.insert_or_assign(component, pair);
    changed_.notify_all();
  }
  void on_datagram(unsigned component, std::span<const uint8_t> datagram) override {
    EXPECT_TRUE(thread_.on_loop_thread());
    const std::lock_guard lock(mutex_);
    datagrams.emplace_back(component, Bytes(datagram.begin(), datagram.end()));
    changed_.notify_all();
  }

 private:
  // Outlives its peer, for those that still tell it something.
  struct Inbox {
    std::mutex mutex;
    IceAgent* agent = nullptr;
  };

  IceThread& thread_;
  const std::shared_ptr<Inbox> inbox_ = std::make_shared<Inbox>();
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::function<void(const IceCandidate*)> trickle_;

 public:
  // Under the mutex while the agent lives; read them in wait() or after it.
  std::vector<IceCandidate> candidates;
  std::vector<RelayOutcome> relays;
  std::vector<IceState> history;
  std::map<unsigned, IceState> states;
  std::map<unsigned, IcePair> pairs;
  std::vector<std::pair<unsigned, Bytes>> datagrams;
  base::Error error;
  bool gathered = false;

  std::unique_ptr<IceAgent> agent;  // last: gone before what it tells to
};

inline IceOptions on(const std::string& ip, IceRole role, unsigned components = 1) {
  IceOptions options;
  options.role = role;
  options.components = components;
  options.local_addresses = {ip};
  return options;
}

// Both gather and are told of each other as candidates come.
inline void connect_trickling(IcePeer& first, IcePeer& second) {
  first.trickle_to(second);
  second.trickle_to(first);
  ASSERT_TRUE(first.agent->set_remote(second.parameters(false)));
  ASSERT_TRUE(second.agent->set_remote(first.parameters(false)));
  first.agent->gather();
  second.agent->gather();
}

inline void expect_media_both_ways(IcePeer& first, IcePeer& second, unsigned component = 1) {
  static uint8_t number = 0;
  const Bytes there{0x80, 1, ++number};
  const Bytes back{0x80, 2, ++number};
  EXPECT_EQ(first.agent->send(component, there), SendResult::sent);
  EXPECT_TRUE(second.wait_datagram(there, component));
  EXPECT_EQ(second.agent->send(component, back), SendResult::sent);
  EXPECT_TRUE(first.wait_datagram(back, component));
}

}  // namespace commd::ice
