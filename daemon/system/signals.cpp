#include "daemon/system/signals.h"

#include <pthread.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

namespace commd::system {

SignalSource::SignalSource(base::UniqueFd fd, const sigset_t& old_mask)
    : fd_(std::move(fd)), old_mask_(old_mask) {}

SignalSource::~SignalSource() {
  if (fd_) ::pthread_sigmask(SIG_SETMASK, &old_mask_, nullptr);
}

base::Result<SignalSource> SignalSource::open() {
  sigset_t wanted;
  sigset_t old_mask;
  ::sigemptyset(&wanted);
  for (const int number : {SIGTERM, SIGINT, SIGHUP}) ::sigaddset(&wanted, number);
  base::UniqueFd fd(::signalfd(-1, &wanted, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!fd)
    return base::fail(base::Code::internal, "SIGNALS_UNAVAILABLE",
                      std::string("cannot receive signals: ") + std::strerror(errno));
  ::pthread_sigmask(SIG_BLOCK, &wanted, &old_mask);
  // Libraries write to sockets without MSG_NOSIGNAL; a peer that is gone must
  // be an error there, not our end.
  ::signal(SIGPIPE, SIG_IGN);
  return SignalSource(std::move(fd), old_mask);
}

std::optional<Signal> SignalSource::next() {
  signalfd_siginfo info{};
  ssize_t n = 0;
  do {
    n = ::read(fd_.get(), &info, sizeof info);
  } while (n < 0 && errno == EINTR);
  if (n != static_cast<ssize_t>(sizeof info)) return std::nullopt;
  switch (info.ssi_signo) {
    case SIGTERM:
      return Signal::terminate;
    case SIGINT:
      return Signal::interrupt;
    case SIGHUP:
      return Signal::reload;
    default:
      return std::nullopt;  // not in the set
  }
}

}  // namespace commd::system
