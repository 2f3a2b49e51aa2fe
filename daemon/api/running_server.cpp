#include "daemon/api/running_server.h"

#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/server_posix.h>

#include <utility>

#include "daemon/api/account_service.h"
#include "daemon/api/call_service.h"
#include "daemon/api/contact_service.h"
#include "daemon/api/discovery_service.h"
#include "daemon/api/doctor_service.h"
#include "daemon/api/event_service.h"
#include "daemon/api/file_service.h"
#include "daemon/api/message_service.h"
#include "daemon/api/person_service.h"
#include "daemon/api/presence_service.h"
#include "daemon/api/refusing_server.h"
#include "daemon/api/room_service.h"

namespace commd::api {
namespace {

// SECURITY: messages of at most 4 MiB, 64 streams a connection, and a client that
// no longer answers is found out within half a minute, also one without a call:
// its calls end, its place is free again.
void set_limits(grpc::ServerBuilder& builder) {
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
}

}  // namespace

struct RunningServer::State {
  explicit State(const ServerParts& parts)
      : access{parts.core, parts.post, open_calls},
        files(parts.files),
        accounts(access),
        calls(access, files, parts.timers),
        events(access, parts.hub),
        devices(access),
        messages(access),
        contacts(access),
        presences(access),
        people(access),
        rooms(access),
        discovery(access),
        doctor(access),
        transfers(access, files),
        system(access, parts.hub, parts.facts) {}

  OpenCalls open_calls;
  CoreAccess access;
  FilePolicy files;
  AccountService accounts;
  CallService calls;
  EventService events;
  DeviceService devices;
  MessageService messages;
  ContactService contacts;
  PresenceService presences;
  PersonService people;
  RoomService rooms;
  DiscoveryService discovery;
  DoctorService doctor;
  FileService transfers;
  SystemService system;
  std::unique_ptr<grpc::Server> server;
  std::unique_ptr<RefusingServer> refusing;  // made when first needed
};

RunningServer::RunningServer(const ServerParts& parts) : state_(std::make_unique<State>(parts)) {
  grpc::EnableDefaultHealthCheckService(true);
  grpc::reflection::InitProtoReflectionServerBuilderPlugin();
  grpc::ServerBuilder builder;
  builder.RegisterService(&state_->accounts);
  builder.RegisterService(&state_->calls);
  builder.RegisterService(&state_->events);
  builder.RegisterService(&state_->devices);
  builder.RegisterService(&state_->messages);
  builder.RegisterService(&state_->contacts);
  builder.RegisterService(&state_->discovery);
  builder.RegisterService(&state_->doctor);
  builder.RegisterService(&state_->presences);
  builder.RegisterService(&state_->people);
  builder.RegisterService(&state_->rooms);
  builder.RegisterService(&state_->transfers);
  builder.RegisterService(&state_->system);
  set_limits(builder);
  state_->server = builder.BuildAndStart();
  for (const char* service :
       {v1::AccountService::service_full_name(), v1::CallService::service_full_name(),
        v1::ContactService::service_full_name(), v1::PresenceService::service_full_name(),
        v1::DeviceService::service_full_name(), v1::DiscoveryService::service_full_name(),
        v1::DoctorService::service_full_name(), v1::EventService::service_full_name(),
        v1::FileService::service_full_name(), v1::MessageService::service_full_name(),
        v1::PersonService::service_full_name(), v1::RoomService::service_full_name(),
        v1::SystemService::service_full_name()})
    state_->server->GetHealthCheckService()->SetServingStatus(service, true);
}

RunningServer::~RunningServer() = default;

void RunningServer::serve(base::UniqueFd connection) {
  grpc::AddInsecureChannelFromFd(state_->server.get(), connection.release());
}

void RunningServer::refuse(base::UniqueFd connection, size_t clients) {
  if (!state_->refusing) state_->refusing = std::make_unique<RefusingServer>();
  state_->refusing->serve(std::move(connection), clients);
}

void RunningServer::answer_all() {
  state_->server->GetHealthCheckService()->SetServingStatus(false);
  state_->open_calls.shut_down();
}

void RunningServer::end(std::chrono::milliseconds patience) {
  if (state_->refusing) state_->refusing->shut_down(std::chrono::milliseconds::zero());
  state_->server->Shutdown(std::chrono::system_clock::now() + patience);
  state_->refusing.reset();
  state_->server.reset();
}

}  // namespace commd::api
