// The streams against a pretended daemon in the same process.
#include <grpcpp/server_builder.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <unistd.h>

#include <filesystem>

#include "clients/client/event_stream.h"
#include "clients/client/stats_stream.h"
#include "tests/cli/fake_daemon/services.h"

namespace commd::client {
namespace {

using Kind = EventStream::Kind;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

class Streams : public testing::Test {
 protected:
  Streams() {
    char name[] = "/tmp/commd-client-XXXXXX";
    folder_ = ::mkdtemp(name);
    socket_ = folder_ + "/sock";
    start();
  }
  ~Streams() override {
    stop();
    std::filesystem::remove_all(folder_);
  }

  void start() {
    grpc::ServerBuilder builder;
    builder.AddListeningPort("unix:" + socket_, grpc::InsecureServerCredentials());
    builder.RegisterService(events_.get());
    builder.RegisterService(calls_.get());
    builder.RegisterService(accounts_.get());
    server_ = builder.BuildAndStart();
  }
  void stop() {
    if (server_) server_->Shutdown(std::chrono::system_clock::now());
    server_.reset();
  }

  void add_account(const std::string& id) {
    v1::Account account;
    account.set_id(id);
    state_.put(account);
  }

  // The next item, waited for without a poll in between.
  template <class Stream>
  static auto next(Stream& stream) {
    const auto until = steady_clock::now() + std::chrono::seconds(20);
    while (true) {
      auto item = stream.next();
      if (item || steady_clock::now() > until) return item;
      pollfd waiting{stream.descriptor(), POLLIN, 0};
      ::poll(&waiting, 1, 20000);
    }
  }

  static std::optional<EventStream::Item> next_of(EventStream& stream, Kind kind) {
    auto item = next(stream);
    while (item && item->kind != kind) item = next(stream);
    return item;
  }

  std::string folder_;
  std::string socket_;
  fake::State state_;
  std::unique_ptr<v1::EventService::Service> events_ = fake::make_event_service(state_);
  std::unique_ptr<v1::CallService::Service> calls_ = fake::make_call_service(state_);
  std::unique_ptr<v1::AccountService::Service> accounts_ = fake::make_account_service(state_);
  std::unique_ptr<grpc::Server> server_;
};

TEST_F(Streams, SnapshotThenCheckpointThenChanges) {
  add_account("a");
  const Client client(socket_);
  EventStream stream(client);
  EXPECT_EQ(next(stream)->kind, Kind::snapshot);
  const auto state = next(stream);
  EXPECT_EQ(state->kind, Kind::event);
  EXPECT_TRUE(state->in_snapshot);
  EXPECT_EQ(state->response.event().account_changed().id(), "a");
  EXPECT_EQ(next(stream)->kind, Kind::checkpoint);
  EXPECT_FALSE(stream.next());
  add_account("b");
  const auto change = next(stream);
  EXPECT_FALSE(change->in_snapshot);
  EXPECT_EQ(change->response.event().account_changed().id(), "b");
  EXPECT_EQ(stream.resume_token(), change->response.resume_token());
}

TEST_F(Streams, GoesOnWithoutAGapAfterACut) {
  const Client client(socket_);
  EventStream stream(client);
  ASSERT_TRUE(next_of(stream, Kind::checkpoint));
  for (int round = 0; round < 3; ++round) {
    state_.cut(false);
    add_account("during-" + std::to_string(round));
    const auto lost = next_of(stream, Kind::lost);
    ASSERT_TRUE(lost);
    EXPECT_EQ(lost->error->code(), Code::resource_exhausted);
    const auto item = next(stream);
    ASSERT_EQ(item->kind, Kind::event) << (item->error ? item->error->what() : "");
    EXPECT_EQ(item->response.event().account_changed().id(), "during-" + std::to_string(round));
  }
}

TEST_F(Streams, BeginsAgainWhenTheTokenIsTooOld) {
  add_account("a");
  const Client client(socket_);
  EventStream stream(client);
  ASSERT_TRUE(next_of(stream, Kind::checkpoint));
  state_.cut(true);
  const auto again = next_of(stream, Kind::snapshot);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->error->reason(), "RESUME_TOKEN_EXPIRED");
  EXPECT_TRUE(next(stream)->in_snapshot);
  EXPECT_EQ(next(stream)->kind, Kind::checkpoint);
}

TEST_F(Streams, SurvivesARestartOfTheDaemon) {
  const Client client(socket_);
  EventStream stream(client);
  ASSERT_TRUE(next_of(stream, Kind::checkpoint));
  stop();
  const auto lost = next_of(stream, Kind::lost);
  ASSERT_TRUE(lost);
  add_account("while away");
  start();
  const auto item = next_of(stream, Kind::event);
  ASSERT_TRUE(item);
  EXPECT_EQ(item->response.event().account_changed().id(), "while away");
}

TEST_F(Streams, ADaemonNeverReachedIsAnError) {
  stop();
  const Client client(socket_);
  EventStream stream(client);
  EXPECT_THROW(next(stream), ClientError);
}

TEST_F(Streams, CanBeDroppedAtAnyMoment) {
  const Client client(socket_);
  for (int i = 0; i < 50; ++i) {
    EventStream stream(client);
    add_account("a" + std::to_string(i));
    for (int taken = 0; taken < i % 4; ++taken) next(stream);
  }
}

TEST_F(Streams, StatisticsFlowAndAreAttachedAgain) {
  const Client client(socket_);
  v1::CreateCallRequest request;
  request.set_address("echo");
  const v1::Call call = client.create_call(request);
  StatsStream stats(client, call.id(), milliseconds(100));
  EXPECT_EQ(next(stats)->call(), call.id());
  EXPECT_EQ(next(stats)->call(), call.id());
  stop();
  start();
  EXPECT_EQ(next(stats)->call(), call.id());
  EXPECT_FALSE(stats.ended());
}

TEST_F(Streams, StatisticsOfAnUnknownCallEnd) {
  const Client client(socket_);
  StatsStream stats(client, "nothing", milliseconds(100));
  pollfd waiting{stats.descriptor(), POLLIN, 0};
  while (!stats.ended()) {
    ASSERT_EQ(::poll(&waiting, 1, 20000), 1);
    EXPECT_FALSE(stats.next());
  }
}

TEST(BackoffTimes, DoubleUpToTheLongest) {
  Backoff backoff;
  EXPECT_EQ(backoff.next(1), milliseconds(100));
  EXPECT_EQ(backoff.next(0), milliseconds(100));  // half of 200
  EXPECT_EQ(backoff.next(1), milliseconds(400));
  for (int i = 0; i < 20; ++i) EXPECT_LE(backoff.next(1), Backoff::longest);
  EXPECT_EQ(backoff.next(1), Backoff::longest);
  backoff.reset();
  EXPECT_EQ(backoff.next(1), Backoff::first);
}

}  // namespace
}  // namespace commd::client
