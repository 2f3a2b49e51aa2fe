// commd.v1.DiscoveryService: translation only.
#pragma once

#include "commd/v1/discovery.grpc.pb.h"
#include "daemon/api/core_access.h"

namespace commd::api {

// Methods run on gRPC's threads, answers are given on the core thread.
class DiscoveryService final : public v1::DiscoveryService::CallbackService {
 public:
  explicit DiscoveryService(const CoreAccess& core) : core_(core) {}

  using Context = grpc::CallbackServerContext;
  using Empty = google::protobuf::Empty;

  grpc::ServerUnaryReactor* ListServices(Context* context, const v1::ListServicesRequest* request,
                                         v1::ListServicesResponse* response) override;
  grpc::ServerUnaryReactor* ListCommands(Context* context, const v1::ListCommandsRequest* request,
                                         v1::ListCommandsResponse* response) override;
  grpc::ServerUnaryReactor* RunCommand(Context* context, const v1::RunCommandRequest* request,
                                       v1::CommandStep* response) override;
  grpc::ServerUnaryReactor* GetRegistration(Context* context,
                                            const v1::GetRegistrationRequest* request,
                                            v1::Registration* response) override;
  grpc::ServerUnaryReactor* Register(Context* context, const v1::RegisterRequest* request,
                                     Empty* response) override;
  grpc::ServerUnaryReactor* Unregister(Context* context, const v1::UnregisterRequest* request,
                                       Empty* response) override;
  grpc::ServerUnaryReactor* SetGatewayPresence(Context* context,
                                               const v1::SetGatewayPresenceRequest* request,
                                               Empty* response) override;

 private:
  const CoreAccess& core_;
};

}  // namespace commd::api
