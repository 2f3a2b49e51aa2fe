// A few threads for work that takes long: hashing, key derivation, certificate
// making, libraries that block. The threads start with the first job.
//
// post() and run() from any thread. A job must not throw.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "daemon/loop/core_loop.h"

namespace commd::loop {

class Pool {
 public:
  // `name` is the threads' name; with one thread the jobs run in their order.
  explicit Pool(std::string name = "pool", unsigned threads = 2);
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;
  // Finishes every job that was posted, then joins.
  ~Pool();

  void post(std::function<void()> job);

  // `done(work())`: the work on the pool, its value handed to `done` on the loop.
  // Both must be copyable, the value need not be. The loop must outlive the pool.
  template <class Work, class Done>
  void run(CoreLoop& loop, Work work, Done done) {
    post([&loop, work = std::move(work), done = std::move(done)]() mutable {
      using Value = decltype(work());
      auto value = std::make_shared<Value>(work());
      loop.post([value, done = std::move(done)]() mutable { done(std::move(*value)); });
    });
  }

  // Threads that were started so far.
  unsigned started() const;

 private:
  struct State;
  void work();
  std::unique_ptr<State> state_;
};

}  // namespace commd::loop
