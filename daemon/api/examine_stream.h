// One Examine stream: the checks of one examination, which ends with its client.
#pragma once

#include <memory>
#include <string>

#include "commd/v1/doctor.grpc.pb.h"
#include "daemon/api/core_access.h"
#include "daemon/loop/handoff_queue.h"

namespace commd::api {

// Reactions come on gRPC's threads; all else is done on the core thread. It owns
// itself until gRPC is done with it and the core has let go.
class ExamineStream final : public grpc::ServerWriteReactor<v1::ExamineResponse>,
                            public std::enable_shared_from_this<ExamineStream> {
 public:
  static ExamineStream* open(const CoreAccess& core, const std::string& account);

  void OnWriteDone(bool ok) override;
  void OnCancel() override;
  void OnDone() override;

 private:
  explicit ExamineStream(const CoreAccess& core);
  void examine(const std::string& account);  // core thread
  void tell(const model::Check& check);      // core thread
  void end_if_told();                        // core thread
  void leave();                              // core thread

  using Message = std::shared_ptr<const v1::ExamineResponse>;

  const CoreAccess& core_;
  std::shared_ptr<ExamineStream> self_;
  loop::HandoffQueue<Message, grpc::Status> queue_;
  Message writing_;
  // Core thread:
  std::shared_ptr<core::Doctor::Visit> visit_;
  bool gone_ = false;
  bool examined_ = false;  // the last check has been told
  size_t told_ = 0;        // checks, and how many of them are written
  size_t written_ = 0;
};

}  // namespace commd::api
