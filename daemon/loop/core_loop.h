// One io_context for one thread: the one on which all of the core lives, and a second
// one for XMPP. When nothing happens it sleeps in the kernel without a timeout.
//
// post(), stop() and on_loop_thread() may be called from any thread, the rest as
// said below. A posted function must not throw: an exception ends the process.
#pragma once

#include <functional>
#include <memory>
#include <string>

namespace boost::asio {
class io_context;
}

namespace commd::loop {

class CoreLoop {
 public:
  // `name` becomes the thread's.
  explicit CoreLoop(std::string name = "core");
  CoreLoop(const CoreLoop&) = delete;
  CoreLoop& operator=(const CoreLoop&) = delete;
  // Stops and joins. What was posted and did not run is destroyed here, so what
  // it captured must still be alive. Not on the loop's own thread.
  ~CoreLoop();

  // Makes the calling thread the loop's until stop(). Either run() or start(), once.
  void run() noexcept;
  // The same on a thread of its own. Signals that the caller has blocked are
  // blocked there too.
  void start();
  // Ends run() after the function that is running; returns at once. What is
  // still queued does not run.
  void stop();
  // Waits for the thread of start().
  void join();

  // Runs `task` on the loop's thread, never inside post() itself, in the order of
  // the calls of one thread. Before run() it waits for it.
  void post(std::function<void()> task);
  bool on_loop_thread() const;

  // For rooms with sockets of their own; include "daemon/loop/asio.h".
  boost::asio::io_context& context();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace commd::loop
