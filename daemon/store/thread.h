// A thread of the store: named for top and gdb, deaf to signals, which belong to
// the main thread.
#pragma once

#include <pthread.h>
#include <signal.h>

#include <thread>
#include <utility>

namespace commd::store {

// `name`: at most 15 characters, a literal. Throws std::system_error.
template <class Body>
std::thread start_thread(const char* name, Body body) {
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  const auto run = [name, body = std::move(body)]() mutable {
    pthread_setname_np(pthread_self(), name);
    body();
  };
  try {
    std::thread thread(run);
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    return thread;
  } catch (...) {
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    throw;
  }
}

}  // namespace commd::store
