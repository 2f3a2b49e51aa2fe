// One thread, one owner, one post(): the frame around a C library that wants to
// run its own loop (sofia-sip's su_root, GLib's main context). The library is
// touched on that thread alone.
//
// A subclass says how the library is set up, run and torn down, and makes its loop
// watch wake_fd(): when that is readable it calls run_posted(). Everything else,
// the name, the start, the queue and the end, is here.
//
// start(), stop() and the destructor belong to the owner's thread; post() and
// on_loop_thread() to any.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "daemon/base/result.h"

namespace commd::loop {

class ForeignLoop {
 public:
  ForeignLoop(const ForeignLoop&) = delete;
  ForeignLoop& operator=(const ForeignLoop&) = delete;
  // The subclass's destructor must have called stop().
  virtual ~ForeignLoop();

  // Starts the thread and waits until set_up() is through; its error is returned
  // and the thread is gone again. Once.
  base::Result<void> start();
  // Asks the loop to quit after what it is doing, waits for its end. What is
  // still queued is destroyed on the loop's thread without being run. Repeating it
  // does nothing. Not on the loop's own thread.
  void stop();

  // Runs `task` on the loop's thread, in the order of the calls of one thread.
  // Before start() it waits for it; after the end it is dropped. `task` must not
  // throw.
  void post(std::function<void()> task);
  bool on_loop_thread() const;

 protected:
  explicit ForeignLoop(std::string name);

  // All four on the loop's thread, in this order; tear_down() only if set_up()
  // succeeded.
  virtual base::Result<void> set_up() = 0;
  virtual void run_loop() = 0;  // until quit()
  virtual void quit() = 0;      // makes run_loop() return soon
  virtual void tear_down() = 0;

  // Readable when tasks wait (an eventfd); to be watched by the library's loop.
  int wake_fd() const;
  // Runs what waits now. What those tasks post is for the next time, so that the
  // library gets its turn.
  void run_posted();

 private:
  struct State;
  void thread_main();
  std::unique_ptr<State> state_;
};

}  // namespace commd::loop
