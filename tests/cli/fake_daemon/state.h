// The state of a daemon that only pretends: accounts and calls that go through their
// states by themselves, a log of events, and the watchers of it. For tests of
// clients. Thread-safe: every method takes the lock.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "commd/v1/event.pb.h"

namespace commd::fake {

google::protobuf::Timestamp now();

class State {
 public:
  using Clock = std::chrono::steady_clock;

  State();
  ~State();
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  // ---- resources; every put is an event ----
  void put(v1::Account account);
  void put(v1::Call call);
  void remove_account(const std::string& id);
  void put_event(v1::Event event);
  std::optional<v1::Account> account(const std::string& id) const;
  std::optional<v1::Call> call(const std::string& id) const;
  std::vector<v1::Account> accounts() const;
  std::vector<v1::Call> calls() const;
  std::string next_call_id();

  // Does it after `delay` on the state's own thread.
  void later(std::chrono::milliseconds delay, std::function<void()> action);
  // Moves a live call on; nothing when it is there or further already.
  void advance(const std::string& id, v1::Call::State state);
  void end(const std::string& id, v1::Call::EndReason reason, int sip_code, v1::Call::EndedBy by);

  // ---- watching ----
  // Everything there is, as events, and the sequence number they stand for.
  std::vector<v1::Event> snapshot(uint64_t& sequence) const;
  // Waits for the event after `sequence`; nullopt: a cut, or the end.
  std::optional<v1::Event> after(uint64_t sequence, uint64_t generation,
                                 const std::function<bool()>& cancelled);
  uint64_t generation() const;
  // Ends every watch stream; with `forget` tokens of before are no good any more.
  void cut(bool forget);
  uint64_t oldest() const;
  // While paused, watchers get nothing: answers are ahead of the events of what they did.
  void pause(bool paused);
  void shut_down();
  // Waits for `time` or the end of the call; false: it ended.
  bool wait_while_alive(const std::string& call, std::chrono::milliseconds time,
                        const std::function<bool()>& cancelled);

 private:
  void publish(v1::Event event);
  void run_timers();

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, v1::Account> accounts_;
  std::map<std::string, v1::Call> calls_;
  std::vector<v1::Event> log_;
  std::multimap<Clock::time_point, std::function<void()>> timers_;
  uint64_t generation_ = 0;
  uint64_t oldest_ = 0;
  int calls_made_ = 0;
  bool down_ = false;
  bool paused_ = false;
  std::thread timer_thread_;
};

}  // namespace commd::fake
