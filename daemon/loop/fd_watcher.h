// Tells when a descriptor is readable: for the signals, the control socket, and
// C libraries that hand out a descriptor to wait for.
//
// Core thread only; it must go before the loop does.
#pragma once

#include <functional>
#include <memory>

#include "daemon/loop/core_loop.h"

namespace commd::loop {

class FdWatcher {
 public:
  // `on_readable` runs on the core thread each time `fd` has something; it must
  // read until nothing is left, or it is called again at once. The descriptor stays
  // the caller's and must stay open as long as the watcher lives. The callback may
  // destroy the watcher.
  FdWatcher(CoreLoop& loop, int fd, std::function<void()> on_readable);
  FdWatcher(const FdWatcher&) = delete;
  FdWatcher& operator=(const FdWatcher&) = delete;
  // After this the callback does not run.
  ~FdWatcher();

 private:
  struct State;
  static void arm(const std::shared_ptr<State>& state);
  std::shared_ptr<State> state_;
};

}  // namespace commd::loop
