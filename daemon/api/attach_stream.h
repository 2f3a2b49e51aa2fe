// One AttachCall stream: figures of a call at an interval, and the sign of life of
// the client that owns it.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "commd/v1/call.grpc.pb.h"
#include "daemon/api/core_access.h"
#include "daemon/loop/handoff_queue.h"
#include "daemon/ports/timers.h"

namespace commd::api {

// Reactions come on gRPC's threads; all else is done on the core thread. It owns
// itself until gRPC is done with it and the core has let go.
class AttachStream final : public grpc::ServerWriteReactor<v1::AttachCallResponse>,
                           public std::enable_shared_from_this<AttachStream> {
 public:
  static AttachStream* open(const CoreAccess& core, ports::Timers& timers, const std::string& call,
                            std::chrono::milliseconds interval);

  void OnWriteDone(bool ok) override;
  void OnCancel() override;
  void OnDone() override;

 private:
  AttachStream(const CoreAccess& core, ports::Timers& timers, std::chrono::milliseconds interval);
  void attach(const std::string& reference);                      // core thread
  void ask();                                                     // core thread
  void send(base::Result<std::vector<core::CallStatsOf>> stats);  // core thread
  void leave();                                                   // core thread

  using Message = std::shared_ptr<const v1::AttachCallResponse>;
  const CoreAccess& core_;
  ports::Timers& timers_;
  const std::chrono::milliseconds interval_;
  std::shared_ptr<AttachStream> self_;
  loop::HandoffQueue<Message, grpc::Status> queue_;
  Message writing_;
  // Core thread:
  model::CallId call_;
  ports::TimerHandle timer_;
  bool gone_ = false;
};

}  // namespace commd::api
