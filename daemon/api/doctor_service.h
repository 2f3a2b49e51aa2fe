// commd.v1.DoctorService: translation only.
#pragma once

#include "commd/v1/doctor.grpc.pb.h"
#include "daemon/api/core_access.h"

namespace commd::api {

// Methods run on gRPC's threads, answers are given on the core thread.
class DoctorService final : public v1::DoctorService::CallbackService {
 public:
  explicit DoctorService(const CoreAccess& core) : core_(core) {}

  grpc::ServerWriteReactor<v1::ExamineResponse>* Examine(
      grpc::CallbackServerContext* context, const v1::ExamineRequest* request) override;

 private:
  const CoreAccess& core_;
};

}  // namespace commd::api
