// Who may call: a ThreadCheck is bound to one thread and asserts at the door of
// every method that belongs to it. Costs nothing in release builds.
#pragma once

#include <cassert>
#include <thread>

namespace commd::base {

class ThreadCheck {
 public:
  // Binds to the calling thread; may be called again to hand an object over.
  void bind() { owner_ = std::this_thread::get_id(); }
  bool here() const { return owner_ == std::thread::id{} || owner_ == std::this_thread::get_id(); }

 private:
  std::thread::id owner_;
};

}  // namespace commd::base

#define COMMD_ASSERT_THREAD(check) assert((check).here() && "called on the wrong thread")
