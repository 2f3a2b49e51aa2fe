#include "daemon/loop/core_loop.h"

#include <atomic>
#include <cassert>
#include <thread>
#include <utility>

#include "daemon/loop/asio.h"
#include "daemon/loop/thread_name.h"

namespace commd::loop {

struct CoreLoop::State {
  explicit State(std::string thread_name) : name(std::move(thread_name)) {}
  const std::string name;
  boost::asio::io_context context{1};
  // Keeps run() asleep when there is nothing to do, instead of ending it.
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> guard{
      context.get_executor()};
  std::atomic<std::thread::id> owner{};
  std::thread thread;
};

CoreLoop::CoreLoop(std::string name) : state_(std::make_unique<State>(std::move(name))) {}

CoreLoop::~CoreLoop() {
  assert(!on_loop_thread() && "the loop destroyed by itself");
  stop();
  join();
}

void CoreLoop::run() noexcept {
  name_this_thread(state_->name);
  state_->owner = std::this_thread::get_id();
  state_->context.run();
  state_->owner = std::thread::id{};
}

void CoreLoop::start() {
  assert(!state_->thread.joinable() && "started twice");
  state_->thread = std::thread([this] { run(); });
}

void CoreLoop::stop() { state_->context.stop(); }

void CoreLoop::join() {
  if (state_->thread.joinable()) state_->thread.join();
}

void CoreLoop::post(std::function<void()> task) {
  boost::asio::post(state_->context, std::move(task));
}

bool CoreLoop::on_loop_thread() const { return state_->owner == std::this_thread::get_id(); }

boost::asio::io_context& CoreLoop::context() { return state_->context; }

}  // namespace commd::loop
