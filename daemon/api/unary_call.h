// One call with one answer: from the request's arrival until gRPC is done with it.
//
// The answer is given on the core thread, at most once; whoever comes second finds
// the response closed. That is how the end of the daemon answers for a core that
// still waits for a device or a far end.
#pragma once

#include <grpcpp/support/server_callback.h>

#include <memory>
#include <set>

namespace commd::api {

class OpenCalls;

// Made on gRPC's threads, otherwise core thread only. It owns itself until gRPC is
// done with it; an Answer may hold it longer.
class UnaryCall final : public grpc::ServerUnaryReactor {
 public:
  static std::shared_ptr<UnaryCall> open();
  void OnDone() override;

 private:
  friend class Answer;
  friend class OpenCalls;
  UnaryCall() = default;
  std::shared_ptr<UnaryCall> self_;
  OpenCalls* owner_ = nullptr;  // null: answered
};

// How the core answers a call. Copies answer the same call. Core thread only.
class Answer {
 public:
  explicit Answer(std::shared_ptr<UnaryCall> call) : call_(std::move(call)) {}
  // The response may still be written. False after any copy has answered: gRPC may
  // have freed request and response.
  bool open() const { return call_->owner_ != nullptr; }
  // Does nothing on a call that is answered already.
  void operator()(const grpc::Status& status) const;

 private:
  std::shared_ptr<UnaryCall> call_;
};

// The calls that wait for their answer. Core thread only.
class OpenCalls {
 public:
  // False: the daemon stops, and the call has been told so.
  bool add(const std::shared_ptr<UnaryCall>& call);
  size_t size() const { return calls_.size(); }
  // Answers all, and all that come later, with UNAVAILABLE, DAEMON_STOPPING.
  void shut_down();

 private:
  friend class Answer;
  std::set<std::shared_ptr<UnaryCall>> calls_;
  bool stopping_ = false;
};

}  // namespace commd::api
