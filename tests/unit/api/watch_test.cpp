// Watch streams over real gRPC: nothing lost, nothing twice, and no watcher costs
// more than its 4 MiB.
#include <algorithm>
#include <atomic>
#include <thread>

#include "daemon/api/resume_token.h"
#include "tests/unit/api/api_fixture.h"

namespace commd::api {
namespace {

using Reader = grpc::ClientReader<v1::WatchResponse>;

class Watch {
 public:
  Watch(Client& client, const std::string& from) {
    context_.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
    v1::WatchRequest request;
    request.set_resume_token(from);
    reader_ = client.events->Watch(&context_, request);
  }
  ~Watch() {
    if (reader_) end();
  }
  // False at the end of the stream.
  bool next() {
    if (!reader_ || !reader_->Read(&response)) return false;
    if (!response.resume_token().empty()) token = response.resume_token();
    return true;
  }
  // Everything up to the first checkpoint; its sequence.
  uint64_t snapshot(std::vector<uint64_t>* sequences = nullptr) {
    while (next()) {
      if (response.has_checkpoint()) return response.checkpoint().sequence();
      if (sequences) sequences->push_back(response.event().sequence());
    }
    ADD_FAILURE() << "no checkpoint: " << finish().error_message();
    return 0;
  }
  grpc::Status end() {
    context_.TryCancel();
    return finish();
  }
  grpc::Status finish() {
    v1::WatchResponse ignored;
    while (reader_->Read(&ignored)) {
    }
    const grpc::Status status = reader_->Finish();
    reader_.reset();
    return status;
  }
  v1::WatchResponse response;
  std::string token;

 private:
  grpc::ClientContext context_;
  std::unique_ptr<Reader> reader_;
};

class WatchTest : public ApiFixture {
 protected:
  void emit(int count, size_t bytes = 10) {
    on_core([&] {
      for (int i = 0; i < count; ++i) notice(std::string(bytes, 'x'));
    });
  }
  uint64_t head() {
    uint64_t sequence = 0;
    on_core([&] { sequence = core->events().published_sequence(); });
    return sequence;
  }
  size_t watchers() {
    size_t count = 0;
    on_core([&] { count = hub.watchers(); });
    return count;
  }
  // gRPC tells us about an end on its own threads.
  void wait_for_watchers(size_t wanted) {
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (watchers() != wanted && std::chrono::steady_clock::now() < until)
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    EXPECT_EQ(watchers(), wanted);
  }
  grpc::Status status_of(const std::string& token) {
    Client client = connect();
    Watch watch(client, token);
    return watch.finish();
  }
};

TEST_F(WatchTest, SnapshotThenCheckpointThenChanges) {
  emit(5);
  Client client = connect();
  Watch watch(client, {});
  std::vector<uint64_t> resources;
  EXPECT_EQ(watch.snapshot(&resources), head());
  EXPECT_EQ(resources.size(), 1U);  // the local account; notices are no resources
  emit(3);
  for (uint64_t sequence = head() - 2; sequence <= head(); ++sequence) {
    ASSERT_TRUE(watch.next());
    EXPECT_EQ(watch.response.event().sequence(), sequence);
    EXPECT_EQ(watch.token, make_resume_token("log", sequence));
  }
}

TEST_F(WatchTest, ASnapshotHasNoTokenBeforeItsCheckpoint) {
  Client client = connect();
  Watch watch(client, {});
  ASSERT_TRUE(watch.next());
  EXPECT_TRUE(watch.response.resume_token().empty());
  EXPECT_TRUE(watch.response.has_event());
  ASSERT_TRUE(watch.next());
  EXPECT_TRUE(watch.response.has_checkpoint());
  EXPECT_FALSE(watch.response.resume_token().empty());
}

TEST_F(WatchTest, ResumingGivesExactlyWhatWasMissed) {
  const uint64_t before = head();
  emit(700);  // several pages
  Client client = connect();
  Watch watch(client, make_resume_token("log", before + 100));
  uint64_t expected = before + 100;
  while (watch.next() && !watch.response.has_checkpoint())
    ASSERT_EQ(watch.response.event().sequence(), ++expected);
  EXPECT_EQ(watch.response.checkpoint().sequence(), head());
  EXPECT_EQ(expected, head());
  emit(1);
  ASSERT_TRUE(watch.next());
  EXPECT_EQ(watch.response.event().sequence(), expected + 1);
}

// A full disk: events are shown, and are not in the log. Whoever resumes gets all there
// is, also what came while the log was being read.
TEST_F(WatchTest, WhatCouldNotBeWrittenIsSkippedAndNothingElse) {
  const uint64_t before = head();
  on_core([&] {
    notice("kept");
    store.fail = true;
    notice("lost");
    store.fail = false;
  });
  Client client = connect();
  on_core([this] { store.while_reading = [this] { notice("meanwhile"); }; });
  Watch watch(client, make_resume_token("log", before + 1));
  std::vector<std::string> seen;
  while (watch.next() && !watch.response.has_checkpoint())
    seen.push_back(watch.response.event().notice().message());
  EXPECT_EQ(seen, std::vector<std::string>{"meanwhile"});
  EXPECT_EQ(watch.response.checkpoint().sequence(), before + 3);
}

TEST_F(WatchTest, BadTokens) {
  emit(10);
  for (const char* token : {"nonsense", "log.", "log.x", "log.-1"}) {
    const grpc::Status status = status_of(token);
    EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT) << token;
    EXPECT_EQ(info_of(status).metadata().at("field"), "resume_token");
  }
  on_core([this] { store.first_sequence = 5; });
  for (const std::string& token : {std::string("other.3"), make_resume_token("log", head() + 1),
                                   std::string("log.18446744073709551615"), std::string("log.2")}) {
    const grpc::Status status = status_of(token);
    EXPECT_EQ(status.error_code(), grpc::StatusCode::OUT_OF_RANGE) << token;
    EXPECT_EQ(info_of(status).reason(), "RESUME_TOKEN_EXPIRED") << token;
  }
}

TEST_F(WatchTest, AQuietStreamHasAHeartbeat) {
  Client client = connect();
  Watch watch(client, {});
  watch.snapshot();
  on_core([this] { timers.advance(std::chrono::seconds(31)); });
  ASSERT_TRUE(watch.next());
  EXPECT_TRUE(watch.response.has_checkpoint());
  emit(1);
  on_core([this] { timers.advance(std::chrono::seconds(31)); });
  ASSERT_TRUE(watch.next());
  EXPECT_TRUE(watch.response.has_event());
  watch.end();
  wait_for_watchers(0);
  on_core([this] { EXPECT_EQ(timers.armed(), 0U); });  // nobody watches, nobody wakes
}

TEST_F(WatchTest, ASlowWatcherIsCutOffAndResumesWithoutLossOrDuplicate) {
  constexpr size_t event_bytes = 100'000;
  constexpr int events = 200;
  Client quick = connect();
  grpc::ChannelArguments narrow;  // or the client itself would take more and more ahead
  narrow.SetInt(GRPC_ARG_HTTP2_BDP_PROBE, 0);
  Client slow = connect(narrow);
  Watch reading(quick, {});
  reading.snapshot();
  auto sleeping = std::make_unique<Watch>(slow, "");
  uint64_t expected = sleeping->snapshot();
  for (int i = 0; i < events; ++i) {
    emit(1, event_bytes);
    ASSERT_TRUE(reading.next()) << "a slow one must not harm a quick one";
    EXPECT_EQ(reading.response.event().sequence(), expected + static_cast<uint64_t>(i) + 1);
  }
  size_t kept = 0;
  std::string token = sleeping->token;
  while (sleeping->next()) {
    ASSERT_EQ(sleeping->response.event().sequence(), ++expected);
    token = sleeping->token;
    kept += event_bytes;
  }
  grpc::Status status = sleeping->finish();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED) << status.error_message();
  EXPECT_EQ(info_of(status).reason(), "SLOW_WATCHER");
  // Its backlog was dropped; what came is what gRPC and the socket held.
  EXPECT_LE(kept, size_t{1} << 20);
  sleeping.reset();
  // Once more, and again slow now and then: by the last token it gets all of them.
  while (expected < head()) {
    Watch again(slow, token);
    while (expected < head() && again.next()) {
      if (again.response.has_checkpoint()) continue;
      ASSERT_EQ(again.response.event().sequence(), ++expected);
      token = again.token;
    }
  }
}

// What was missed may be far more than 4 MiB: it comes at the client's pace.
TEST_F(WatchTest, CatchingUpIsNeverTooSlow) {
  const uint64_t before = head();
  emit(300, 100'000);
  Client client = connect();
  Watch watch(client, make_resume_token("log", before));
  uint64_t expected = before;
  while (watch.next() && !watch.response.has_checkpoint())
    ASSERT_EQ(watch.response.event().sequence(), ++expected);
  EXPECT_EQ(expected, head());
}

TEST_F(WatchTest, AnEventLargerThanTheBacklogStillComes) {
  Client client = connect({});
  Watch watch(client, {});
  watch.snapshot();
  emit(1, 3'900'000);  // the client's own bound is 4 MiB a message
  ASSERT_TRUE(watch.next());
  EXPECT_EQ(watch.response.event().notice().message().size(), 3'900'000U);
}

TEST_F(WatchTest, ManyLiveResourcesFitASnapshot) {
  constexpr int calls = 3000;
  on_core([&] {
    for (int i = 0; i < calls; ++i) {
      model::Call call;
      call.id = model::CallId("call" + std::to_string(i));
      call.state = model::CallState::active;
      call.remote.display_name = std::string(4000, 'x');
      core->events().emit(model::CallChanged{call});
    }
  });
  Client client = connect();
  Watch watch(client, {});
  std::vector<uint64_t> resources;
  watch.snapshot(&resources);
  EXPECT_EQ(resources.size(), calls + 1U);
  EXPECT_TRUE(std::is_sorted(resources.begin(), resources.end()));
}

TEST_F(WatchTest, DeadWatchersAreForgotten) {
  for (int round = 0; round < 20; ++round) {
    Client client = connect();
    Watch watch(client, {});
    watch.snapshot();
    emit(100);
    watch.end();
  }
  emit(100);
  wait_for_watchers(0);
}

TEST_F(WatchTest, ManyWatchersAllGetEverythingAndOneMoreIsRefused) {
  std::vector<std::unique_ptr<Client>> clients;
  std::vector<std::unique_ptr<Watch>> watches;
  for (unsigned i = 0; i < max_watchers; ++i) {
    clients.push_back(std::make_unique<Client>(connect()));
    watches.push_back(std::make_unique<Watch>(*clients.back(), ""));
    watches.back()->snapshot();
  }
  const uint64_t before = head();
  const grpc::Status refused = status_of({});
  EXPECT_EQ(refused.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(info_of(refused).reason(), "LIMIT_REACHED");
  emit(200);
  for (const auto& watch : watches)
    for (uint64_t sequence = before + 1; sequence <= before + 200; ++sequence) {
      ASSERT_TRUE(watch->next());
      ASSERT_EQ(watch->response.event().sequence(), sequence);
    }
  watches.pop_back();
  wait_for_watchers(max_watchers - 1);
  Client another = connect();
  Watch now(another, {});
  now.snapshot();
}

// Events come without pause while clients break off and resume at any moment.
TEST_F(WatchTest, ResumingUnderLoadLosesNothing) {
  std::atomic<bool> done = false;
  std::thread producer([&] {
    for (int i = 0; i < 400; ++i) {
      emit(10, 200);
      std::this_thread::yield();
    }
    done = true;
    emit(1);  // wakes whoever waits at the head
  });
  std::vector<std::thread> consumers;
  for (unsigned seed = 1; seed <= 4; ++seed)
    consumers.emplace_back([this, seed, &done] {
      Client client = connect();
      uint64_t expected = 0;
      std::string token;
      for (unsigned round = 0; !done || expected < head(); ++round) {
        Watch watch(client, token);
        if (token.empty()) expected = watch.snapshot();
        const unsigned stay = (round * 7 + seed * 13) % 300;
        for (unsigned i = 0; i < stay && !(done && expected >= head()); ++i) {
          ASSERT_TRUE(watch.next());
          if (watch.response.has_checkpoint()) continue;
          ASSERT_EQ(watch.response.event().sequence(), ++expected);
        }
        if (!watch.token.empty()) token = watch.token;
      }
    });
  producer.join();
  for (std::thread& consumer : consumers) consumer.join();
  wait_for_watchers(0);
}

// ---- the end ---------------------------------------------------------------------

TEST_F(WatchTest, StreamsEndWithAReasonWhenTheDaemonStops) {
  Client client = connect();
  Watch watch(client, {});
  watch.snapshot();
  stop();
  const grpc::Status status = watch.finish();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(info_of(status).reason(), "DAEMON_STOPPING");
}

// A device that never answers must not keep the daemon from its end, nor may its
// late answer touch what gRPC has freed.
TEST_F(WatchTest, ACallThatNobodyAnswersEndsWithTheDaemon) {
  Client client = connect();
  on_core([this] { media.hold_tests = true; });
  grpc::Status status;
  std::thread caller([&] {
    grpc::ClientContext context;
    v1::TestDevicesResponse response;
    status = client.devices->TestDevices(&context, {}, &response);
  });
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  for (bool waits = false; !waits && std::chrono::steady_clock::now() < until;)
    on_core([&] { waits = static_cast<bool>(media.device_test); });
  const auto begin = std::chrono::steady_clock::now();
  stop();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(10));
  caller.join();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(info_of(status).reason(), "DAEMON_STOPPING");
  on_core([this] { media.device_test(ports::MediaEngine::DeviceTest{-1, -2, "late"}); });
}

TEST_F(WatchTest, WhatIsAskedAfterTheEndBeganIsToldSo) {
  Client client = connect();
  on_core([this] {
    hub.shut_down();
    server->answer_all();
  });
  grpc::ClientContext context;
  v1::Status response;
  const grpc::Status status = client.system->GetStatus(&context, {}, &response);
  EXPECT_EQ(info_of(status).reason(), "DAEMON_STOPPING");
  EXPECT_EQ(info_of(status_of({})).reason(), "DAEMON_STOPPING");
}

TEST_F(WatchTest, OverTheLimitEveryCallIsToldSo) {
  int ends[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends), 0);
  on_core([&] { server->refuse(base::UniqueFd(ends[1]), 64); });
  Client client(grpc::CreateInsecureChannelFromFd("commd", ends[0]));
  grpc::ClientContext context;
  v1::Status response;
  const grpc::Status status = client.system->GetStatus(&context, {}, &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED) << status.error_message();
  EXPECT_EQ(info_of(status).reason(), "LIMIT_REACHED");
  EXPECT_EQ(info_of(status).metadata().at("value"), "64");
  Watch watch(client, {});
  EXPECT_EQ(info_of(watch.finish()).reason(), "LIMIT_REACHED");
}

}  // namespace
}  // namespace commd::api
