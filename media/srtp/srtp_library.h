// libsrtp2, initialised and running on OpenSSL's ciphers. libsrtp keeps one
// crypto kernel a process, so there is exactly one of these: the composition
// root owns it, makes it before the first SrtpSession and destroys it after the
// last.
#pragma once

#include <future>

#include "daemon/base/result.h"

namespace commd::srtp {

class SrtpLibrary {
 public:
  // Starts libsrtp on a thread of its own that ends with it: its self tests, on its
  // own ciphers and on ours, are some 35 ms of CPU, which neither the way to ready nor
  // a media worker has to spare. Throws std::system_error if the machine gives no
  // thread. Not to be called by two threads at once.
  SrtpLibrary();
  // Waits for the start to end.
  ~SrtpLibrary();
  SrtpLibrary(const SrtpLibrary&) = delete;
  SrtpLibrary& operator=(const SrtpLibrary&) = delete;

  // Waits for the start to end, which a call comes too late to notice. INTERNAL with
  // reason SRTP_SETUP_FAILED if libsrtp cannot start or a test failed: then there is
  // no SRTP in this process. Any thread.
  base::Result<void> ready() const { return started_.get(); }

 private:
  std::shared_future<base::Result<void>> started_;
};

}  // namespace commd::srtp
