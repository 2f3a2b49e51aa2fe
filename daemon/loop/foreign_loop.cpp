#include "daemon/loop/foreign_loop.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <atomic>
#include <cassert>
#include <cerrno>
#include <cstdint>
#include <future>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "daemon/base/unique_fd.h"
#include "daemon/loop/thread_name.h"

namespace commd::loop {

struct ForeignLoop::State {
  std::string name;
  base::UniqueFd wake;
  std::atomic<std::thread::id> owner{};
  std::promise<base::Result<void>> ready;
  std::thread thread;

  std::mutex mutex;  // the two below
  std::vector<std::function<void()>> tasks;
  bool over = false;
};

ForeignLoop::ForeignLoop(std::string name) : state_(std::make_unique<State>()) {
  state_->name = std::move(name);
  state_->wake.reset(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!state_->wake) throw std::system_error(errno, std::generic_category(), "eventfd");
}

ForeignLoop::~ForeignLoop() {
  assert(!state_->thread.joinable() && "a foreign loop must be stopped by its subclass");
}

base::Result<void> ForeignLoop::start() {
  assert(!state_->thread.joinable() && "started twice");
  auto ready = state_->ready.get_future();
  state_->thread = std::thread([this] { thread_main(); });
  auto result = ready.get();
  if (!result) state_->thread.join();
  return result;
}

void ForeignLoop::stop() {
  assert(!on_loop_thread() && "a loop cannot wait for its own end");
  if (!state_->thread.joinable()) return;
  post([this] { quit(); });
  state_->thread.join();
}

void ForeignLoop::post(std::function<void()> task) {
  {
    const std::lock_guard lock(state_->mutex);
    if (state_->over) return;
    state_->tasks.push_back(std::move(task));
    if (state_->tasks.size() > 1) return;  // it has been woken already
  }
  const uint64_t one = 1;
  [[maybe_unused]] const ssize_t n = ::write(state_->wake.get(), &one, sizeof one);
}

bool ForeignLoop::on_loop_thread() const { return state_->owner == std::this_thread::get_id(); }

int ForeignLoop::wake_fd() const { return state_->wake.get(); }

void ForeignLoop::run_posted() {
  assert(on_loop_thread());
  // Emptied before the queue is taken: a task posted in between wakes again.
  uint64_t count = 0;
  [[maybe_unused]] const ssize_t n = ::read(state_->wake.get(), &count, sizeof count);
  std::vector<std::function<void()>> tasks;
  {
    const std::lock_guard lock(state_->mutex);
    tasks.swap(state_->tasks);
  }
  for (std::function<void()>& task : tasks) {
    task();
    task = nullptr;  // what it captured goes in order too
  }
}

void ForeignLoop::thread_main() {
  name_this_thread(state_->name);
  state_->owner = std::this_thread::get_id();
  auto result = set_up();
  const bool running = result.has_value();
  state_->ready.set_value(std::move(result));
  if (running) run_loop();
  std::vector<std::function<void()>> left;
  {
    const std::lock_guard lock(state_->mutex);
    state_->over = true;
    left.swap(state_->tasks);
  }
  left.clear();
  if (running) tear_down();
  state_->owner = std::thread::id{};
}

}  // namespace commd::loop
