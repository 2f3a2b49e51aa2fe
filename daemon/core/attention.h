// Whether anybody uses the daemon: a client that watches events, or a request a short while
// ago. While nobody does, servers may keep back what can wait (XEP-0352).
//
// A daemon has no window that is shown or hidden. Who watches wants to see what happens when it
// happens; who asks once, for example a script, is answered with what is known, so before that the
// servers are asked for what they kept back.
//
// Core thread only; callbacks come on the core thread.
#pragma once

#include <chrono>
#include <functional>
#include <set>
#include <vector>

#include "daemon/base/thread_check.h"
#include "daemon/core/presence_book.h"
#include "daemon/ports/clock.h"
#include "daemon/ports/contacts.h"
#include "daemon/ports/timers.h"

namespace commd::core {

class Attention {
 public:
  // After the last request the daemon is in use for so long.
  static constexpr std::chrono::seconds linger{60};
  // Nobody waits longer for what servers kept back.
  static constexpr std::chrono::milliseconds catch_up{1000};

  Attention(ports::Timers& timers, const ports::Clock& clock, const ContactsByProtocol& rooms);

  // A client asks for something.
  void used();
  // So many watch.
  void set_watchers(size_t watchers);
  bool in_use() const { return in_use_; }
  // Runs it when what servers kept back has come, within `catch_up`; at once where nothing
  // was.
  void when_caught_up(std::function<void()> then);

 private:
  void wait(base::Duration time);
  void set(bool in_use);
  void caught_up();

  ports::Timers& timers_;
  const ports::Clock& clock_;
  std::set<ports::Contacts*> rooms_;
  base::ThreadCheck thread_;
  size_t watchers_ = 0;
  // A daemon begins for somebody: as sessions do (XEP-0352 section 4.1).
  bool in_use_ = true;
  base::MonoTime last_used_{};
  ports::TimerHandle linger_;
  size_t behind_ = 0;      // rooms that have not caught up
  uint64_t attempts_ = 0;  // names the last time they were asked
  ports::TimerHandle patience_;
  std::vector<std::function<void()>> waiting_;
};

}  // namespace commd::core
