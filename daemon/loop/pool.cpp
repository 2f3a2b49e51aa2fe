#include "daemon/loop/pool.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

#include "daemon/loop/thread_name.h"

namespace commd::loop {

struct Pool::State {
  std::string name;
  unsigned limit = 1;

  std::mutex mutex;  // everything below
  std::condition_variable wake;
  std::deque<std::function<void()>> jobs;
  std::vector<std::thread> threads;
  unsigned idle = 0;
  bool ending = false;
};

Pool::Pool(std::string name, unsigned threads) : state_(std::make_unique<State>()) {
  state_->name = std::move(name);
  state_->limit = std::max(threads, 1U);
}

Pool::~Pool() {
  {
    const std::lock_guard lock(state_->mutex);
    state_->ending = true;
  }
  state_->wake.notify_all();
  for (std::thread& thread : state_->threads) thread.join();
}

void Pool::post(std::function<void()> job) {
  const std::lock_guard lock(state_->mutex);
  state_->jobs.push_back(std::move(job));
  // A thread that was woken but has not run yet still counts as idle, so more
  // jobs than idle threads means that another thread is of use.
  if (state_->jobs.size() > state_->idle && state_->threads.size() < state_->limit)
    state_->threads.emplace_back([this] { work(); });
  else
    state_->wake.notify_one();
}

unsigned Pool::started() const {
  const std::lock_guard lock(state_->mutex);
  return static_cast<unsigned>(state_->threads.size());
}

void Pool::work() {
  name_this_thread(state_->name);
  std::unique_lock lock(state_->mutex);
  for (;;) {
    ++state_->idle;
    state_->wake.wait(lock, [this] { return state_->ending || !state_->jobs.empty(); });
    --state_->idle;
    if (state_->jobs.empty()) return;
    {
      const std::function<void()> job = std::move(state_->jobs.front());
      state_->jobs.pop_front();
      lock.unlock();
      job();
    }  // what the job captured goes before the next wait, without the lock
    lock.lock();
  }
}

}  // namespace commd::loop
