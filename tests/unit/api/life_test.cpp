// The server exists while somebody uses it, and no client notices that it comes and goes.
#include <poll.h>
#include <unistd.h>

#include <filesystem>
#include <functional>
#include <thread>

#include "tests/unit/api/api_fixture.h"

namespace commd::api {
namespace {

class LifeTest : public ApiFixture {
 protected:
  // The test's, the core's, and one that a sanitizer may have.
  static constexpr size_t threads_without_grpc = 3;

  // What gRPC's own threads do, or the one that starts and ends it.
  bool eventually(const std::function<bool()>& holds) {
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    for (bool now = false; std::chrono::steady_clock::now() < until;) {
      on_core([&] { now = holds(); });
      if (now) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return false;
  }
  bool awake() {
    bool is = false;
    on_core([&] { is = server->awake(); });
    return is;
  }
  bool comes_to_rest() {
    return eventually([this] { return !server->awake(); });
  }
  void pass(std::chrono::milliseconds time) {
    on_core([&] { timers.advance(time); });
  }
  void set_connections(size_t count) {
    on_core([&] { server->set_connections(count); });
  }
  static grpc::Status status(Client& client) {
    grpc::ClientContext context;
    v1::Status response;
    return client.system->GetStatus(&context, {}, &response);
  }
  // A client without gRPC, which would keep its own threads: it waits for the server's
  // first bytes.
  void say_hello() {
    int ends[2];
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends), 0);
    const base::UniqueFd ours(ends[0]);
    constexpr std::string_view hello("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0", 33);
    ASSERT_EQ(::write(ours.get(), hello.data(), hello.size()), static_cast<ssize_t>(hello.size()));
    on_core([&] { server->serve(base::UniqueFd(ends[1])); });
    pollfd readable{ours.get(), POLLIN, 0};
    ASSERT_EQ(::poll(&readable, 1, 60'000), 1);
  }
  static size_t count(const char* folder) {
    size_t entries = 0;
    for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(folder))
      ++entries;
    return entries;
  }
  // One client, and the end of all of gRPC after it.
  void live_once() {
    unsigned before = 0;
    on_core([&] { before = rests; });
    say_hello();
    set_connections(0);
    pass(ApiServer::linger);
    ASSERT_TRUE(comes_to_rest());
    pass(ApiServer::poller_patience);
    ASSERT_TRUE(eventually([&] { return rests == before + 1; }));
  }
};

TEST_F(LifeTest, NothingOfGrpcIsThereBeforeTheFirstClient) {
  on_core([this] {
    EXPECT_FALSE(server->awake());
    EXPECT_FALSE(server->holds_grpc());
    EXPECT_EQ(timers.armed(), 0U);
  });
  Client client = connect();
  EXPECT_TRUE(status(client).ok());
  EXPECT_TRUE(awake());
}

TEST_F(LifeTest, ItLingersAfterTheLastClientAndThenRests) {
  {
    Client client = connect();
    EXPECT_TRUE(status(client).ok());
  }
  set_connections(0);
  pass(ApiServer::linger - std::chrono::milliseconds(1));
  EXPECT_TRUE(awake());
  set_connections(0);  // said again: not a new beginning
  pass(std::chrono::milliseconds(1));
  EXPECT_TRUE(comes_to_rest());
  Client next = connect();
  EXPECT_TRUE(status(next).ok());
}

TEST_F(LifeTest, AClientWithinTheLingerKeepsTheServer) {
  { EXPECT_TRUE(status(*std::make_unique<Client>(connect())).ok()); }
  set_connections(0);
  pass(ApiServer::linger / 2);
  Client second = connect();
  pass(ApiServer::linger * 2);
  EXPECT_TRUE(awake());
  EXPECT_TRUE(status(second).ok());
  set_connections(0);
  pass(ApiServer::linger);
  EXPECT_TRUE(comes_to_rest());
}

TEST_F(LifeTest, AWatcherIsNeverDropped) {
  Client watcher = connect();
  grpc::ClientContext context;
  const auto reader = watcher.events->Watch(&context, {});
  v1::WatchResponse response;
  while (reader->Read(&response) && !response.has_checkpoint()) {
  }
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(status(*std::make_unique<Client>(connect())).ok());
    set_connections(1);
    pass(ApiServer::linger * 3);
  }
  on_core([this] { notice("still there"); });
  ASSERT_TRUE(reader->Read(&response));
  while (response.has_checkpoint()) ASSERT_TRUE(reader->Read(&response));  // heartbeats
  EXPECT_EQ(response.event().notice().message(), "still there");
  context.TryCancel();
}

// The moments around the end, which a client cannot know.
TEST_F(LifeTest, AClientThatComesWhileTheServerEndsIsServed) {
  for (int round = 0; round < 20; ++round) {
    say_hello();
    int ends[2];
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends), 0);
    on_core([&] {
      server->set_connections(0);
      timers.advance(ApiServer::linger);  // the end begins
      EXPECT_TRUE(server->awake());
      server->serve(base::UniqueFd(ends[1]));
    });
    Client late(grpc::CreateInsecureChannelFromFd("commd", ends[0]));
    ASSERT_TRUE(status(late).ok()) << "round " << round;
    set_connections(0);
    pass(ApiServer::linger);
    ASSERT_TRUE(comes_to_rest());
  }
}

TEST_F(LifeTest, AClientThatComesWhileGrpcIsLetGoIsServed) {
  for (int round = 0; round < 20; ++round) {
    say_hello();
    set_connections(0);
    pass(ApiServer::linger);
    ASSERT_TRUE(comes_to_rest());
    int ends[2];
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends), 0);
    on_core([&] {
      timers.advance(ApiServer::poller_patience);
      EXPECT_FALSE(server->holds_grpc());
      server->serve(base::UniqueFd(ends[1]));
    });
    Client late(grpc::CreateInsecureChannelFromFd("commd", ends[0]));
    ASSERT_TRUE(status(late).ok()) << "round " << round;
    set_connections(0);
    pass(ApiServer::linger);
    ASSERT_TRUE(comes_to_rest());
    on_core([this] { EXPECT_EQ(timers.armed(), 1U); });  // gRPC's own end
  }
}

TEST_F(LifeTest, OneOverTheLimitIsToldSoFromRest) {
  int ends[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends), 0);
  on_core([&] { server->refuse(base::UniqueFd(ends[1]), 64); });
  {
    Client client(grpc::CreateInsecureChannelFromFd("commd", ends[0]));
    EXPECT_EQ(info_of(status(client)).reason(), "LIMIT_REACHED");
  }
  set_connections(0);
  pass(ApiServer::linger);
  EXPECT_TRUE(comes_to_rest());
}

// Its client is gone, the core still waits for a device: the late answer meets nothing.
TEST_F(LifeTest, ACallThatNobodyAnswersDoesNotKeepTheServer) {
  on_core([this] { media.hold_tests = true; });
  {
    Client client = connect();
    grpc::ClientContext context;
    std::thread caller([&] {
      v1::TestDevicesResponse response;
      EXPECT_FALSE(client.devices->TestDevices(&context, {}, &response).ok());
    });
    const bool asked = eventually([this] { return static_cast<bool>(media.device_test); });
    context.TryCancel();
    caller.join();
    ASSERT_TRUE(asked);
  }
  set_connections(0);
  pass(ApiServer::linger);
  ASSERT_TRUE(comes_to_rest());
  on_core([this] { media.device_test(ports::MediaEngine::DeviceTest{-1, -2, "late"}); });
  Client next = connect();
  EXPECT_TRUE(status(next).ok());
}

TEST_F(LifeTest, ManyLivesLeaveNothingBehind) {
  const size_t before = count("/proc/self/task");
  if (before > threads_without_grpc) GTEST_SKIP() << "tests before this one have left gRPC there";
  const size_t resting_threads = before + 1;  // the one that starts and ends it
  // The last of gRPC may end on a thread of its own, after the call that ends it.
  const auto at_rest = [&] {
    return eventually([&] { return count("/proc/self/task") == resting_threads; });
  };
  live_once();
  ASSERT_TRUE(at_rest());
  const size_t descriptors = count("/proc/self/fd");
  for (int i = 0; i < 50; ++i) {
    live_once();
    ASSERT_FALSE(HasFatalFailure()) << "life " << i;
    ASSERT_TRUE(at_rest()) << "life " << i << ": " << count("/proc/self/task") << " threads";
    ASSERT_EQ(count("/proc/self/fd"), descriptors) << "life " << i;
  }
  on_core([this] { EXPECT_EQ(timers.armed(), 0U); });
}

// The daemon may be told to stop in any of its phases; the fixture's stop() waits for it.
TEST_F(LifeTest, TheDaemonStopsBeforeTheFirstClient) { stop(); }

TEST_F(LifeTest, TheDaemonStopsWhileTheServerStarts) {
  int ends[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends), 0);
  const base::UniqueFd ours(ends[0]);
  on_core([&] { server->serve(base::UniqueFd(ends[1])); });
  stop();
}

TEST_F(LifeTest, TheDaemonStopsWhileTheServerEnds) {
  say_hello();
  on_core([this] {
    server->set_connections(0);
    timers.advance(ApiServer::linger);
  });
  stop();
}

TEST_F(LifeTest, TheDaemonStopsWhileGrpcIsLetGo) {
  say_hello();
  set_connections(0);
  pass(ApiServer::linger);
  ASSERT_TRUE(comes_to_rest());
  pass(ApiServer::poller_patience);
  stop();
}

TEST_F(LifeTest, WhoComesAfterTheEndIsClosed) {
  int ends[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends), 0);
  const base::UniqueFd ours(ends[0]);
  std::promise<void> ended;
  on_core([&] {
    server->answer_all();
    server->shut_down(std::chrono::milliseconds(100), [&] { ended.set_value(); });
    server->serve(base::UniqueFd(ends[1]));
  });
  ended.get_future().wait();
  char byte = 0;
  EXPECT_EQ(::read(ours.get(), &byte, 1), 0);
  server.reset();
}

}  // namespace
}  // namespace commd::api
