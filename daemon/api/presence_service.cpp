#include "daemon/api/presence_service.h"

#include "daemon/api/convert.h"

namespace commd::api {

grpc::ServerUnaryReactor* PresenceService::SetPresence(grpc::CallbackServerContext* context,
                                                       const v1::SetPresenceRequest* request,
                                                       v1::SetPresenceResponse* response) {
  return core_.unary(context, request, [request, response](core::Core& core, Answer answer) {
    const auto told = core.presences().set(request->account(), presence_from(request->presence()));
    if (!told) return answer(to_status(told.error()));
    for (const model::OwnPresence& each : *told) to_proto(each, response->add_presences());
    answer(grpc::Status::OK);
  });
}

grpc::ServerUnaryReactor* PresenceService::ListPresences(grpc::CallbackServerContext* context,
                                                         const v1::ListPresencesRequest* request,
                                                         v1::ListPresencesResponse* response) {
  return core_.unary(context, request, [response](core::Core& core, Answer answer) {
    for (const model::OwnPresence& each : core.presences().list())
      to_proto(each, response->add_presences());
    answer(grpc::Status::OK);
  });
}

}  // namespace commd::api
