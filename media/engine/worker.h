// A media worker: one thread with an epoll set, a queue of commands and one timer,
// which runs every session that is pinned to it. Nothing here blocks, and nothing of
// one worker is touched by another thread: what crosses is posted.
//
// Without sessions it sleeps without a timer.
#pragma once

#include <atomic>
#include <string>
#include <thread>
#include <utility>

#include "daemon/base/thread_check.h"
#include "daemon/base/time.h"
#include "daemon/base/unique_fd.h"
#include "media/engine/command_queue.h"
#include "media/engine/load_watch.h"
#include "media/engine/scratch.h"
#include "media/engine/tick_wheel.h"

namespace commd::engine {

// Something with a descriptor that becomes readable.
class Readable {
 public:
  virtual ~Readable() = default;
  // Reads some of what is there; called again while more is. It neither watches,
  // unwatches nor destroys anything.
  virtual void on_readable() = 0;
};

class Worker {
 public:
  // Starts the thread, named `name` (15 characters at most). Throws
  // std::system_error when descriptors run out.
  explicit Worker(const std::string& name);
  // Runs the commands posted so far, then ends the thread.
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  // Any thread.
  template <class F>
  void post(F&& command) {
    commands_.post(std::forward<F>(command));
  }
  // Sessions pinned here, for choosing a worker. Any thread.
  int load() const { return load_.load(std::memory_order_relaxed); }
  // Its ticks come too late, and have for seconds (LoadWatch). Any thread.
  bool late() const { return late_.load(std::memory_order_relaxed); }
  // Late by its own sessions: with few of them it is the machine that is busy elsewhere,
  // and one more makes no difference.
  static constexpr int fewest_to_shed = 50;
  bool overloaded() const { return late() && load() >= fewest_to_shed; }
  void add_load(int sessions) { load_.fetch_add(sessions, std::memory_order_relaxed); }

  // The rest: worker thread, from a command; watching also from a tick.
  // False when the kernel refuses.
  bool watch(int fd, Readable& reader);
  void unwatch(int fd);
  // The first tick runs inside this call, the others each 20 ms.
  void start_ticks(Ticked& member);
  void stop_ticks(Ticked& member);
  // Goes on with the ticks of a member that another worker ran: the next one is due at
  // `due`, and what became due on the way is made up for.
  void resume_ticks(Ticked& member, base::MonoTime due);
  Scratch& scratch() { return scratch_; }
  const base::ThreadCheck& thread() const { return thread_check_; }

 private:
  void run();
  void run_ticks();
  void arm_timer();

  CommandQueue commands_;
  base::UniqueFd epoll_;
  base::UniqueFd timer_;
  TickWheel wheel_;
  Scratch scratch_;
  base::ThreadCheck thread_check_;
  std::atomic<int> load_{0};
  std::atomic<bool> late_{false};
  LoadWatch load_watch_;    // worker thread
  bool stopping_ = false;   // worker thread
  base::MonoTime armed_{};  // worker thread; zero: not armed
  std::thread thread_;
};

}  // namespace commd::engine
