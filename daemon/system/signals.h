// The signals that end or reload the daemon, as a descriptor that becomes
// readable, so that they are handled on the core loop like everything else.
//
// Open it on the main thread before any other thread starts: the signals are
// blocked for the caller and for every thread that it starts later.
#pragma once

#include <signal.h>

#include <optional>

#include "daemon/base/result.h"
#include "daemon/base/unique_fd.h"

namespace commd::system {

enum class Signal {
  terminate,  // SIGTERM
  interrupt,  // SIGINT
  reload,     // SIGHUP
};

class SignalSource {
 public:
  // Blocks the three signals and ignores SIGPIPE for the whole process.
  static base::Result<SignalSource> open();
  SignalSource(SignalSource&&) noexcept = default;
  SignalSource& operator=(SignalSource&&) = delete;
  ~SignalSource();  // gives the caller's thread its old mask back

  // Non-blocking; readable when next() has something.
  int fd() const { return fd_.get(); }
  std::optional<Signal> next();

 private:
  SignalSource(base::UniqueFd fd, const sigset_t& old_mask);

  base::UniqueFd fd_;
  sigset_t old_mask_;
};

}  // namespace commd::system
