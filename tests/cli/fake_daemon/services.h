// The services of commd.v1 over State: enough of a daemon for a client to be tried
// against. How a call goes is in its address: echo is answered, busy is busy, nobody
// rings for ever, drop is hung up by the far end.
#pragma once

#include <grpcpp/server_context.h>

#include <memory>
#include <string>

#include "commd/v1/account.grpc.pb.h"
#include "commd/v1/call.grpc.pb.h"
#include "commd/v1/device.grpc.pb.h"
#include "commd/v1/event.grpc.pb.h"
#include "commd/v1/message.grpc.pb.h"
#include "commd/v1/system.grpc.pb.h"
#include "tests/cli/fake_daemon/state.h"

namespace commd::fake {

// A status with one ErrorInfo of commd.
grpc::Status failure(grpc::StatusCode code, const std::string& reason, const std::string& message,
                     const std::map<std::string, std::string>& metadata = {});

// By id, by unique prefix, or the only live one for "". The status of what is wrong.
grpc::Status find_call(const State& state, const std::string& id, v1::Call& found);
grpc::Status find_account(const State& state, const std::string& id, v1::Account& found);

std::unique_ptr<v1::SystemService::Service> make_system_service(State& state, std::string socket);
std::unique_ptr<v1::AccountService::Service> make_account_service(State& state);
std::unique_ptr<v1::CallService::Service> make_call_service(State& state);
std::unique_ptr<v1::EventService::Service> make_event_service(State& state);
std::unique_ptr<v1::DeviceService::Service> make_device_service();

class MessageService : public v1::MessageService::Service {
 public:
  // Somebody writes.
  virtual void receive(const std::string& from, const std::string& text) = 0;
  // Their last message reads otherwise.
  virtual void correct_last(const std::string& from, const std::string& text) = 0;
};
std::unique_ptr<MessageService> make_message_service(State& state);

}  // namespace commd::fake
