// Commands for a thread of this room: posted by any thread, run by one, without a
// lock. A Treiber stack that the owner takes whole and turns round, with an eventfd
// that is written only when the queue was empty.
#pragma once

#include <atomic>
#include <type_traits>
#include <utility>

#include "daemon/base/unique_fd.h"

namespace commd::engine {

class CommandQueue {
 public:
  // Throws std::system_error when no eventfd can be had.
  CommandQueue();
  // Commands that never ran are destroyed, by the destroying thread.
  ~CommandQueue();
  CommandQueue(const CommandQueue&) = delete;
  CommandQueue& operator=(const CommandQueue&) = delete;

  // Any thread. `command` is called once as command(); it may own what it moves.
  template <class F>
  void post(F&& command) {
    push(new Command<std::decay_t<F>>(std::forward<F>(command)));
  }

  // Readable while commands wait. Owner thread.
  int fd() const { return event_.get(); }
  // Runs what waits, in the order it was posted by each thread. Owner thread.
  void run();

 private:
  struct Node {
    virtual ~Node() = default;
    virtual void run() = 0;
    Node* next = nullptr;
  };
  template <class F>
  struct Command : Node {
    explicit Command(F&& f) : function(std::move(f)) {}
    explicit Command(const F& f) : function(f) {}
    void run() override { function(); }
    F function;
  };

  void push(Node* node) noexcept;
  Node* take() noexcept;

  base::UniqueFd event_;
  std::atomic<Node*> newest_{nullptr};
};

}  // namespace commd::engine
