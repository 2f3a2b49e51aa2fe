// A timer for this room's state objects: armed again and again, safe to drop while its
// handler is queued. The thread of the io_context.
#pragma once

#include <functional>
#include <memory>

#include "daemon/base/time.h"

namespace boost::asio {
class io_context;
}

namespace commd::net {

class OneShot {
 public:
  explicit OneShot(boost::asio::io_context& context);
  OneShot(const OneShot&) = delete;
  OneShot& operator=(const OneShot&) = delete;
  ~OneShot();

  // `callback` once, `delay` from now; what was armed before is forgotten. It may
  // destroy the timer.
  void arm(base::Duration delay, std::function<void()> callback);
  void cancel();
  bool armed() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace commd::net
