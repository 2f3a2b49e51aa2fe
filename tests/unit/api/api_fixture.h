// The API's server over a core in a faked world: real gRPC on socket pairs, the core
// on its own thread, time turned by hand.
#pragma once

#include <fcntl.h>
#include <grpcpp/create_channel_posix.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <future>
#include <memory>
#include <string>
#include <vector>

#include "commd/v1/account.grpc.pb.h"
#include "commd/v1/call.grpc.pb.h"
#include "commd/v1/device.grpc.pb.h"
#include "commd/v1/event.grpc.pb.h"
#include "commd/v1/system.grpc.pb.h"
#include "daemon/api/api_server.h"
#include "daemon/api/event_encoder.h"
#include "daemon/loop/core_loop.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "tests/unit/core/fakes.h"

namespace commd::api {

namespace fakes = core::fakes;

// Answers reads from what was committed, later, as the real one does.
class LogStore final : public fakes::FakeStore {
 public:
  explicit LogStore(loop::CoreLoop& loop) : loop_(loop) {}
  void read_events(
      uint64_t after, unsigned limit,
      std::function<void(base::Result<std::vector<ports::StoredEvent>>)> done) override {
    loop_.post([this, after, limit, done = std::move(done)] {
      if (after + 1 < first_sequence)
        return done(base::fail(base::Code::out_of_range, "RESUME_TOKEN_EXPIRED", "pruned"));
      std::vector<ports::StoredEvent> events;
      for (const auto& event : all<ports::AppendEvent>())
        if (event.sequence > after && events.size() < limit)
          events.push_back({event.sequence, event.bytes});
      if (while_reading) std::exchange(while_reading, nullptr)();
      done(std::move(events));
    });
  }
  uint64_t first_sequence = 1;
  std::function<void()> while_reading;  // once, between the read and its answer

 private:
  loop::CoreLoop& loop_;
};

struct Client {
  explicit Client(std::shared_ptr<grpc::Channel> c)
      : channel(std::move(c)),
        accounts(v1::AccountService::NewStub(channel)),
        calls(v1::CallService::NewStub(channel)),
        devices(v1::DeviceService::NewStub(channel)),
        events(v1::EventService::NewStub(channel)),
        system(v1::SystemService::NewStub(channel)) {}
  std::shared_ptr<grpc::Channel> channel;
  std::unique_ptr<v1::AccountService::Stub> accounts;
  std::unique_ptr<v1::CallService::Stub> calls;
  std::unique_ptr<v1::DeviceService::Stub> devices;
  std::unique_ptr<v1::EventService::Stub> events;
  std::unique_ptr<v1::SystemService::Stub> system;
};

inline google::rpc::ErrorInfo info_of(const grpc::Status& status) {
  google::rpc::Status details;
  google::rpc::ErrorInfo info;
  EXPECT_TRUE(details.ParseFromString(status.error_details()));
  EXPECT_EQ(details.details_size(), 1) << status.error_message();
  if (details.details_size() == 1) details.details(0).UnpackTo(&info);
  return info;
}

class ApiFixture : public ::testing::Test {
 protected:
  static constexpr unsigned max_watchers = 64;

  void SetUp() override {
    loop.start();
    on_core([this] {
      core = std::make_unique<core::Core>(
          core::CorePorts{store,
                          secrets,
                          clock,
                          timers,
                          encoder,
                          hub,
                          media,
                          {{model::Protocol::local, &wire}, {model::Protocol::sip, &wire}}},
          core::CoreSettings{}, base::null_logger());
      hub.attach(core->events());
      core->start(store.state);
      core->account_report(model::AccountId("local"),
                           {model::AccountState::online, {}, {}, {}, {}});
      server = std::make_unique<ApiServer>(
          ServerParts{*core, post, timers, hub, FilePolicy(), facts()}, [this] { ++rests; });
    });
  }
  void TearDown() override {
    stop();
    on_core([this] { core.reset(); });
    loop.stop();
    loop.join();
  }
  // As the daemon does it.
  void stop() {
    if (!server) return;
    std::promise<void> ended;
    on_core([&] {
      hub.shut_down();
      server->answer_all();
      server->shut_down(std::chrono::milliseconds(100), [&] { ended.set_value(); });
    });
    ended.get_future().wait();
    server.reset();
  }

  template <class Work>
  void on_core(Work work) {
    std::promise<void> done;
    loop.post([&] {
      work();
      done.set_value();
    });
    done.get_future().wait();
  }

  Client connect(const grpc::ChannelArguments& arguments = {}) {
    int ends[2];
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends), 0);
    on_core([&] { server->serve(base::UniqueFd(ends[1])); });
    return Client(grpc::CreateCustomInsecureChannelFromFd("commd", ends[0], arguments));
  }

  void notice(const std::string& message) {
    core->events().emit(model::Notice{"REASON", message, {}});
  }

  static DaemonFacts facts() {
    DaemonFacts facts;
    facts.version = "1";
    facts.codecs = [] { return std::vector<std::string>{"opus"}; };
    facts.usage = [] { return DaemonFacts::Usage{}; };
    return facts;
  }

  loop::CoreLoop loop;
  std::function<void(std::function<void()>)> post = [this](std::function<void()> f) {
    loop.post(std::move(f));
  };
  fakes::ManualClock clock;
  fakes::ManualTimers timers{clock};
  LogStore store{loop};
  fakes::FakeSecrets secrets;
  ProtoEventEncoder encoder;
  fakes::FakeMedia media;
  fakes::FakeSignalling wire;
  WatchHub hub{timers, max_watchers};
  std::unique_ptr<core::Core> core;
  unsigned rests = 0;  // core thread
  std::unique_ptr<ApiServer> server;
};

}  // namespace commd::api
