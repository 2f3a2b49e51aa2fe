#include "daemon/api/unary_call.h"

#include <utility>

#include "daemon/api/status.h"

namespace commd::api {

std::shared_ptr<UnaryCall> UnaryCall::open() {
  const std::shared_ptr<UnaryCall> call(new UnaryCall);
  call->self_ = call;
  return call;
}

void UnaryCall::OnDone() {
  const auto last = std::move(self_);  // may be the end of this object
}

void Answer::operator()(const grpc::Status& status) const {
  OpenCalls* const owner = std::exchange(call_->owner_, nullptr);
  if (!owner) return;
  owner->calls_.erase(call_);
  call_->Finish(status);
}

bool OpenCalls::add(const std::shared_ptr<UnaryCall>& call) {
  call->owner_ = this;
  calls_.insert(call);
  if (stopping_) Answer{call}(to_status(daemon_stopping()));
  return !stopping_;
}

void OpenCalls::shut_down() {
  stopping_ = true;
  while (!calls_.empty()) Answer{*calls_.begin()}(to_status(daemon_stopping()));
}

}  // namespace commd::api
