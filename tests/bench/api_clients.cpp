// bench_api --socket PATH: what the API of a running daemon costs. Prints one line of
// JSON a figure:
//
//   unary        GetStatus, one after another: p50, p99 in ms
//   watch        50 connections watch while one more makes a call change as fast as
//                --rate says: the events a second that the slowest of them got, the
//                daemon's processor time for each event delivered in us, and how many
//                watchers were cut off (0, or the figure is void)
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "commd/v1/call.grpc.pb.h"
#include "commd/v1/event.grpc.pb.h"
#include "commd/v1/system.grpc.pb.h"

namespace commd::bench {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::duration;

struct Options {
  std::string socket;
  unsigned watchers = 50;
  unsigned calls = 5000;
  unsigned rate = 3500;
  unsigned seconds = 10;
};

[[noreturn]] void die(const std::string& what, const grpc::Status& status) {
  std::fprintf(stderr, "%s: %s\n", what.c_str(), status.error_message().c_str());
  std::exit(1);
}

std::shared_ptr<grpc::Channel> connect(const std::string& socket) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);  // a connection of its own
  return grpc::CreateCustomChannel("unix:" + socket, grpc::InsecureChannelCredentials(), arguments);
}

v1::Status status_of(v1::SystemService::Stub& stub) {
  grpc::ClientContext context;
  v1::Status response;
  if (const auto status = stub.GetStatus(&context, {}, &response); !status.ok())
    die("GetStatus", status);
  return response;
}

double seconds_of(const google::protobuf::Duration& d) {
  return static_cast<double>(d.seconds()) + d.nanos() / 1e9;
}

void bench_unary(const Options& options) {
  const auto stub = v1::SystemService::NewStub(connect(options.socket));
  for (int i = 0; i < 200; ++i) status_of(*stub);
  std::vector<double> ms;
  const double cpu = seconds_of(status_of(*stub).cpu_time());
  for (unsigned i = 0; i < options.calls; ++i) {
    const auto begin = Clock::now();
    status_of(*stub);
    ms.push_back(duration<double, std::milli>(Clock::now() - begin).count());
  }
  const double used = seconds_of(status_of(*stub).cpu_time()) - cpu;
  std::sort(ms.begin(), ms.end());
  std::printf("{\"name\":\"api_unary\",\"p50_ms\":%.4f,\"p99_ms\":%.4f,\"cpu_us_per_call\":%.1f}\n",
              ms[ms.size() / 2], ms[ms.size() * 99 / 100], used / options.calls * 1e6);
}

// Counts messages, and takes none of them apart: the daemon is measured.
class Watcher final : public grpc::ClientBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer> {
 public:
  explicit Watcher(const std::string& socket) : stub_(connect(socket)) {
    stub_.PrepareBidiStreamingCall(&context_, "/commd.v1.EventService/Watch", {}, this);
    StartWriteLast(&request_, {});
    StartRead(&message_);
    StartCall();
  }
  void OnReadDone(bool ok) override {
    if (!ok) return;
    messages.fetch_add(1, std::memory_order_relaxed);
    StartRead(&message_);
  }
  void OnDone(const grpc::Status& s) override {
    const std::lock_guard lock(mutex_);
    status = s;
    done_ = true;
    ended_.notify_all();
  }
  bool cut_off() {
    const std::lock_guard lock(mutex_);
    return done_;
  }
  void stop() {
    context_.TryCancel();
    std::unique_lock lock(mutex_);
    ended_.wait(lock, [this] { return done_; });
  }
  std::atomic<uint64_t> messages{0};
  grpc::Status status;

 private:
  grpc::GenericStub stub_;
  grpc::ClientContext context_;
  grpc::ByteBuffer request_{nullptr, 0};
  grpc::ByteBuffer message_;
  std::mutex mutex_;
  std::condition_variable ended_;
  bool done_ = false;
};

// Mutes and unmutes a call to the echo service: each is an event.
class Changer {
 public:
  explicit Changer(const std::string& socket) : stub_(v1::CallService::NewStub(connect(socket))) {
    v1::CreateCallRequest request;
    request.set_address("echo");
    request.set_capture("none");
    request.set_playback("none");
    grpc::ClientContext context;
    if (const auto s = stub_->CreateCall(&context, request, &call_); !s.ok()) die("CreateCall", s);
  }
  ~Changer() {
    v1::HangUpCallRequest request;
    request.set_id(call_.id());
    grpc::ClientContext context;
    stub_->HangUpCall(&context, request, &call_);
  }
  // `rate` changes a second until `end`, at most 64 under way.
  uint64_t run(unsigned rate, Clock::time_point end) {
    const auto begin = Clock::now();
    uint64_t made = 0;
    while (Clock::now() < end) {
      const auto due = static_cast<uint64_t>(duration<double>(Clock::now() - begin).count() * rate);
      for (; made < due && under_way_ < 64; ++made) change(made % 2 == 0);
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    while (under_way_ > 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    return made;
  }

 private:
  struct Change {
    grpc::ClientContext context;
    v1::UpdateCallRequest request;
    v1::Call response;
  };
  void change(bool muted) {
    auto one = std::make_shared<Change>();
    one->request.mutable_call()->set_id(call_.id());
    one->request.mutable_call()->set_muted(muted);
    one->request.mutable_update_mask()->add_paths("muted");
    ++under_way_;
    stub_->async()->UpdateCall(&one->context, &one->request, &one->response,
                               [this, one](const grpc::Status& s) {
                                 if (!s.ok()) die("UpdateCall", s);
                                 --under_way_;
                               });
  }
  std::unique_ptr<v1::CallService::Stub> stub_;
  v1::Call call_;
  std::atomic<unsigned> under_way_{0};
};

uint64_t slowest(const std::vector<std::unique_ptr<Watcher>>& watchers) {
  uint64_t least = ~uint64_t{0};
  for (const auto& watcher : watchers) least = std::min(least, watcher->messages.load());
  return least;
}

void bench_watch(const Options& options) {
  const auto system = v1::SystemService::NewStub(connect(options.socket));
  Changer changer(options.socket);
  std::vector<std::unique_ptr<Watcher>> watchers;
  for (unsigned i = 0; i < options.watchers; ++i)
    watchers.push_back(std::make_unique<Watcher>(options.socket));
  while (slowest(watchers) == 0) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  std::this_thread::sleep_for(std::chrono::milliseconds(500));  // the snapshots are through
  const v1::Status before = status_of(*system);
  const uint64_t seen = slowest(watchers);
  const auto begin = Clock::now();
  changer.run(options.rate, begin + std::chrono::seconds(options.seconds));
  // Not what was asked: two changes that overtake each other may leave nothing to tell.
  const uint64_t made = status_of(*system).event_sequence() - before.event_sequence();
  const uint64_t goal = seen + made;
  const auto patience = Clock::now() + std::chrono::seconds(20);
  while (slowest(watchers) < goal && Clock::now() < patience)
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  const double elapsed = duration<double>(Clock::now() - begin).count();
  const v1::Status after = status_of(*system);
  const double cpu = seconds_of(after.cpu_time()) - seconds_of(before.cpu_time());
  const uint64_t got = slowest(watchers) - seen;
  unsigned cut_off = 0;
  for (const auto& watcher : watchers) cut_off += watcher->cut_off() ? 1 : 0;
  std::printf(
      "{\"name\":\"api_watch_%u\",\"events_per_second\":%.1f,\"asked\":%u,"
      "\"cpu_us_per_event\":%.2f,\"cpu_percent\":%.1f,\"cut_off\":%u,\"missing\":%lld}\n",
      options.watchers, static_cast<double>(got) / elapsed, options.rate,
      cpu / static_cast<double>(std::max<uint64_t>(1, made)) / options.watchers * 1e6,
      100 * cpu / elapsed, cut_off, static_cast<long long>(made) - static_cast<long long>(got));
  for (const auto& watcher : watchers) watcher->stop();
}

Options parse(int count, char** arguments) {
  Options options;
  for (int i = 1; i + 1 < count; i += 2) {
    const std::string name = arguments[i];
    const auto number = static_cast<unsigned>(std::atoi(arguments[i + 1]));
    if (name == "--socket")
      options.socket = arguments[i + 1];
    else if (name == "--watchers")
      options.watchers = number;
    else if (name == "--calls")
      options.calls = number;
    else if (name == "--rate")
      options.rate = number;
    else if (name == "--seconds")
      options.seconds = number;
    else
      options.socket.clear();
  }
  if (options.socket.empty() || count % 2 == 0) {
    std::fprintf(stderr,
                 "bench_api --socket PATH [--watchers N] [--calls N] [--rate N] [--seconds N]\n");
    std::exit(2);
  }
  return options;
}

}  // namespace
}  // namespace commd::bench

int main(int count, char** arguments) {
  const auto options = commd::bench::parse(count, arguments);
  if (options.calls > 0) commd::bench::bench_unary(options);
  if (options.watchers > 0) commd::bench::bench_watch(options);
  return 0;
}
