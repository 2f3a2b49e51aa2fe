// libsrtp2, initialised and running on OpenSSL's ciphers. libsrtp keeps one
// crypto kernel a process, so there is exactly one of these: the composition
// root owns it, makes it before the first SrtpSession and destroys it after the
// last.
#pragma once

namespace commd::srtp {

class SrtpLibrary {
 public:
  // Runs libsrtp's self tests on its own ciphers and on ours: some 35 ms of CPU, so
  // make it when media is first wanted, not on the way to ready.
  // Throws std::runtime_error if libsrtp cannot start or a test fails. Not to be
  // called by two threads at once.
  SrtpLibrary();
  ~SrtpLibrary();
  SrtpLibrary(const SrtpLibrary&) = delete;
  SrtpLibrary& operator=(const SrtpLibrary&) = delete;
};

}  // namespace commd::srtp
