// What every asynchronous call of this room returns: the owner's hold on it.
//
// `done` of such a call is called once, on the thread of its io_context, never inside
// the call that started it, and never after the handle is gone. It may destroy the
// handle, its owner and the object that was called.
#pragma once

#include <memory>
#include <utility>

namespace commd::net {

// Something under way. Destroying it cancels.
class Operation {
 public:
  virtual ~Operation() = default;
};
using OperationHandle = std::unique_ptr<Operation>;

// For the implementations: `State` is shared with the handlers that are queued, and
// has cancel(), after which it calls nobody.
template <class State>
class SharedOperation final : public Operation {
 public:
  explicit SharedOperation(std::shared_ptr<State> state) : state_(std::move(state)) {}
  SharedOperation(const SharedOperation&) = delete;
  SharedOperation& operator=(const SharedOperation&) = delete;
  ~SharedOperation() override { state_->cancel(); }

 private:
  std::shared_ptr<State> state_;
};

}  // namespace commd::net
