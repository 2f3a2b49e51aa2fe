// commd.v1.PresenceService: translation only.
#pragma once

#include "commd/v1/presence.grpc.pb.h"
#include "daemon/api/core_access.h"

namespace commd::api {

// Methods run on gRPC's threads, answers are given on the core thread.
class PresenceService final : public v1::PresenceService::CallbackService {
 public:
  explicit PresenceService(const CoreAccess& core) : core_(core) {}

  grpc::ServerUnaryReactor* SetPresence(grpc::CallbackServerContext* context,
                                        const v1::SetPresenceRequest* request,
                                        v1::SetPresenceResponse* response) override;
  grpc::ServerUnaryReactor* ListPresences(grpc::CallbackServerContext* context,
                                          const v1::ListPresencesRequest* request,
                                          v1::ListPresencesResponse* response) override;

 private:
  const CoreAccess& core_;
};

}  // namespace commd::api
