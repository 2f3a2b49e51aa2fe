// The one thread that runs sofia-sip: a su_root, a queue into it, and its timers.
//
// Everything of sofia-sip is touched on this thread only. post() is the way in, from
// any thread; whoever wants something back is posted to in turn.
#pragma once

#include <sofia-sip/su_wait.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <thread>

#include "daemon/base/log.h"
#include "daemon/base/unique_fd.h"

namespace commd::sip {

// A running one-shot timer; destroying or replacing it cancels, and the callback is
// then never called. May be destroyed from inside its own callback. SIP thread only,
// and not after the SipThread.
class SipTimer {
 public:
  SipTimer() = default;
  SipTimer(SipTimer&&) noexcept = default;
  SipTimer& operator=(SipTimer&&) noexcept = default;

  bool running() const;
  void cancel() { entry_.reset(); }

 private:
  friend class SipThread;
  struct Entry {
    ~Entry();
    su_timer_t* timer = nullptr;
    std::function<void()> callback;
  };
  std::unique_ptr<Entry> entry_;
};

class SipThread {
 public:
  // Starts the thread and waits until it runs. Throws std::system_error if the
  // machine gives no thread or descriptor.
  explicit SipThread(base::Logger log);
  // Stops the loop and joins. Every endpoint must be gone by then; functions still
  // queued are destroyed on the calling thread, unrun.
  ~SipThread();
  SipThread(const SipThread&) = delete;
  SipThread& operator=(const SipThread&) = delete;

  // Any thread. Functions run in the order posted, one after another, on the SIP thread,
  // never from inside post(). Lock-free; about a tenth of a microsecond, and one write(2) when
  // the thread has to be woken. Functions must not throw.
  void post(std::function<void()> function);

  bool here() const { return std::this_thread::get_id() == thread_.get_id(); }
  const base::Logger& log() const { return log_; }

  // The rest: SIP thread only.

  su_root_t* root() const { return root_; }
  // After `delay`, at least 1 ms; resolution 1 ms. The callback may destroy the timer.
  [[nodiscard]] SipTimer after(std::chrono::milliseconds delay, std::function<void()> callback);

 private:
  struct Posted {
    std::function<void()> function;
    Posted* next = nullptr;
  };

  void run() noexcept;
  void drain() noexcept;
  void wake();
  static int woken(su_root_magic_t*, su_wait_t*, su_wakeup_arg_t* self) noexcept;

  base::Logger log_;
  base::UniqueFd wakeup_;
  // What was posted, newest first. Empty means: the thread has to be woken.
  std::atomic<Posted*> posted_{nullptr};
  std::atomic<bool> started_{false};
  su_root_t* root_ = nullptr;
  bool draining_ = false;      // SIP thread
  bool woken_inside_ = false;  // SIP thread
  std::thread thread_;
};

}  // namespace commd::sip
