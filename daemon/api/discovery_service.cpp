#include "daemon/api/discovery_service.h"

#include <utility>
#include <vector>

#include "daemon/api/convert_form.h"
#include "daemon/api/convert_service.h"

namespace commd::api {
namespace {

using core::ServiceBook;
using Reactor = grpc::ServerUnaryReactor;

template <class Request>
ServiceBook::Target target_of(const Request& request) {
  return {request.account(), request.address()};
}

// Every value with the next message that `add` gives.
template <class Value, class Add>
ServiceBook::Done<std::vector<Value>> list_to(Add add, Answer answer) {
  return [add, answer = std::move(answer)](base::Result<std::vector<Value>> result) {
    if (!answer.open()) return;
    if (!result) return answer(to_status(result.error()));
    for (const Value& each : *result) to_proto(each, add());
    answer(grpc::Status::OK);
  };
}

template <class Value, class Proto>
ServiceBook::Done<Value> one_to(Proto* response, Answer answer) {
  return [response, answer = std::move(answer)](base::Result<Value> result) {
    if (!answer.open()) return;
    if (!result) return answer(to_status(result.error()));
    to_proto(*result, response);
    answer(grpc::Status::OK);
  };
}

ServiceBook::Done<void> ended(Answer answer) {
  return [answer = std::move(answer)](base::Result<void> result) {
    answer(result ? grpc::Status::OK : to_status(result.error()));
  };
}

}  // namespace

Reactor* DiscoveryService::ListServices(Context* context, const v1::ListServicesRequest* request,
                                        v1::ListServicesResponse* response) {
  return core_.unary(context, request, [request, response](core::Core& core, Answer answer) {
    core.services().list_services(
        target_of(*request),
        list_to<model::Service>([response] { return response->add_services(); },
                                std::move(answer)));
  });
}

Reactor* DiscoveryService::ListCommands(Context* context, const v1::ListCommandsRequest* request,
                                        v1::ListCommandsResponse* response) {
  return core_.unary(context, request, [request, response](core::Core& core, Answer answer) {
    core.services().list_commands(
        target_of(*request),
        list_to<model::Command>([response] { return response->add_commands(); },
                                std::move(answer)));
  });
}

Reactor* DiscoveryService::RunCommand(Context* context, const v1::RunCommandRequest* request,
                                      v1::CommandStep* response) {
  return core_.unary(context, request, [request, response](core::Core& core, Answer answer) {
    core.services().run_command({target_of(*request), request->node(), request->session(),
                                 action_from(request->action()), answers_from(request->form())},
                                one_to<model::CommandStep>(response, std::move(answer)));
  });
}

Reactor* DiscoveryService::GetRegistration(Context* context,
                                           const v1::GetRegistrationRequest* request,
                                           v1::Registration* response) {
  return core_.unary(context, request, [request, response](core::Core& core, Answer answer) {
    core.services().get_registration(target_of(*request),
                                     one_to<model::Registration>(response, std::move(answer)));
  });
}

Reactor* DiscoveryService::Register(Context* context, const v1::RegisterRequest* request, Empty*) {
  return core_.unary(context, request, [request](core::Core& core, Answer answer) {
    core.services().do_register(target_of(*request), answers_from(request->form()),
                                ended(std::move(answer)));
  });
}

Reactor* DiscoveryService::Unregister(Context* context, const v1::UnregisterRequest* request,
                                      Empty*) {
  return core_.unary(context, request, [request](core::Core& core, Answer answer) {
    core.services().unregister(target_of(*request), ended(std::move(answer)));
  });
}

Reactor* DiscoveryService::SetGatewayPresence(Context* context,
                                              const v1::SetGatewayPresenceRequest* request,
                                              Empty*) {
  return core_.unary(context, request, [request](core::Core& core, Answer answer) {
    core.services().show_presence(target_of(*request), request->available(),
                                  ended(std::move(answer)));
  });
}

}  // namespace commd::api
