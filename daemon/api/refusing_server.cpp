#include "daemon/api/refusing_server.h"

#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/server_posix.h>

#include <string>

#include "daemon/api/status.h"

namespace commd::api {
namespace {

class Refusal final : public grpc::ServerGenericBidiReactor {
 public:
  explicit Refusal(const grpc::Status& status) { Finish(status); }
  void OnDone() override { delete this; }
};

class RefusingService final : public grpc::CallbackGenericService {
 public:
  std::atomic<size_t> limit{0};

 private:
  grpc::ServerGenericBidiReactor* CreateReactor(grpc::GenericCallbackServerContext*) override {
    const std::string clients = std::to_string(limit);
    base::Error error{base::Code::resource_exhausted,
                      "LIMIT_REACHED",
                      "the daemon serves " + clients +
                          " clients already; end one, or raise [limits] clients in commd.toml",
                      {}};
    error.details["limit"] = "clients";
    error.details["value"] = clients;
    return new Refusal(to_status(error));
  }
};

}  // namespace

struct RefusingServer::State {
  RefusingService service;
  std::unique_ptr<grpc::Server> server;
};

RefusingServer::RefusingServer() : state_(std::make_unique<State>()) {
  grpc::ServerBuilder builder;
  builder.RegisterCallbackGenericService(&state_->service);
  builder.SetMaxReceiveMessageSize(4 << 20);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, 4);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MAX_PING_STRIKES, 0);
  state_->server = builder.BuildAndStart();
}

RefusingServer::~RefusingServer() = default;

void RefusingServer::serve(base::UniqueFd connection, size_t limit) {
  state_->service.limit = limit;
  grpc::AddInsecureChannelFromFd(state_->server.get(), connection.release());
}

void RefusingServer::shut_down(std::chrono::milliseconds patience) {
  state_->server->Shutdown(std::chrono::system_clock::now() + patience);
}

}  // namespace commd::api
