#include "daemon/api/api_server.h"

#include <grpc/grpc.h>
#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/server_posix.h>

#include <utility>

#include "daemon/api/account_service.h"
#include "daemon/api/call_service.h"
#include "daemon/api/event_service.h"
#include "daemon/api/refusing_server.h"

namespace commd::api {

struct ApiServer::State {
  State(core::Core& core, std::function<void(std::function<void()>)> post, ports::Timers& timers,
        WatchHub& hub, FilePolicy policy, DaemonFacts facts)
      : access{core, std::move(post), open_calls},
        files(std::move(policy)),
        accounts(access),
        calls(access, files, timers),
        events(access, hub),
        devices(access),
        system(access, hub, std::move(facts)) {}

  OpenCalls open_calls;
  CoreAccess access;
  FilePolicy files;
  AccountService accounts;
  CallService calls;
  EventService events;
  DeviceService devices;
  SystemService system;
  std::unique_ptr<grpc::Server> server;
  std::unique_ptr<RefusingServer> refusing;  // made when first needed
};

ApiServer::ApiServer(core::Core& core, std::function<void(std::function<void()>)> post,
                     ports::Timers& timers, WatchHub& hub, FilePolicy files, DaemonFacts facts)
    : state_(std::make_unique<State>(core, std::move(post), timers, hub, std::move(files),
                                     std::move(facts))) {
  // One reference for the life of the process: gRPC's own end waits for its pollers,
  // up to 10 s, and the daemon's may take 2 s.
  static const bool never_shut_down = (::grpc_init(), true);
  static_cast<void>(never_shut_down);
  grpc::EnableDefaultHealthCheckService(true);
  grpc::reflection::InitProtoReflectionServerBuilderPlugin();
  grpc::ServerBuilder builder;
  builder.RegisterService(&state_->accounts);
  builder.RegisterService(&state_->calls);
  builder.RegisterService(&state_->events);
  builder.RegisterService(&state_->devices);
  builder.RegisterService(&state_->system);
  // SECURITY: messages of at most 4 MiB, 64 streams a connection, and a client that
  // no longer answers is found out within half a minute, also one without a call:
  // its calls end, its place is free again.
  builder.SetMaxReceiveMessageSize(4 << 20);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, 64);
  builder.AddChannelArgument(GRPC_ARG_MAX_METADATA_SIZE, 16 << 10);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, 20'000);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 10'000);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  // A flood of pings is answered; counting strikes makes gRPC 1.51 keep an error of
  // kilobytes for each one that comes after the last.
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MAX_PING_STRIKES, 0);
  state_->server = builder.BuildAndStart();
  for (const char* service :
       {v1::AccountService::service_full_name(), v1::CallService::service_full_name(),
        v1::DeviceService::service_full_name(), v1::EventService::service_full_name(),
        v1::SystemService::service_full_name()})
    state_->server->GetHealthCheckService()->SetServingStatus(service, true);
}

ApiServer::~ApiServer() = default;

void ApiServer::serve(base::UniqueFd connection) {
  grpc::AddInsecureChannelFromFd(state_->server.get(), connection.release());
}

void ApiServer::refuse(base::UniqueFd connection, size_t clients) {
  if (!state_->refusing) state_->refusing = std::make_unique<RefusingServer>();
  state_->refusing->serve(std::move(connection), clients);
}

void ApiServer::answer_all() {
  state_->server->GetHealthCheckService()->SetServingStatus(false);
  state_->open_calls.shut_down();
}

void ApiServer::shut_down(std::chrono::milliseconds patience) {
  if (state_->refusing) state_->refusing->shut_down(std::chrono::milliseconds::zero());
  state_->server->Shutdown(std::chrono::system_clock::now() + patience);
}

}  // namespace commd::api
