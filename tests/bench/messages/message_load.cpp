// bench_messages --from SOCKET --to SOCKET --address ADDRESS: what a message costs on its way from
// one client's call to another's watch. Prints one line of JSON a figure:
//
//   latency      one message after another: p50, p99 in ms
//   rate         as many under way as --window: messages a second until the last is there
//
// --to is the daemon whose watch says that the message is there. Processor time is for whoever
// starts this to read.
#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_set>
#include <vector>

#include "commd/v1/event.grpc.pb.h"
#include "commd/v1/message.grpc.pb.h"

namespace commd::bench {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::duration;
constexpr auto patience = std::chrono::seconds(60);

struct Options {
  std::string from, to, address;
  unsigned count = 300;
  unsigned flood = 10000;
  unsigned window = 256;
};

[[noreturn]] void die(const std::string& what) {
  std::fprintf(stderr, "%s\n", what.c_str());
  std::exit(1);
}

std::shared_ptr<grpc::Channel> connect(const std::string& socket) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  return grpc::CreateCustomChannel("unix:" + socket, grpc::InsecureChannelCredentials(), arguments);
}

// The texts of incoming messages, as the watch tells them.
class Receiver {
 public:
  explicit Receiver(const std::string& socket)
      : stub_(v1::EventService::NewStub(connect(socket))), stream_(stub_->Watch(&context_, {})) {
    thread_ = std::thread([this] { read(); });
    std::unique_lock lock(mutex_);
    if (!changed_.wait_for(lock, patience, [this] { return live_; })) die("no checkpoint came");
  }
  ~Receiver() {
    context_.TryCancel();
    thread_.join();
  }
  // False: not within the patience.
  bool wait_for(const std::string& text) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, patience, [&] { return texts_.contains(text); });
  }
  bool wait_for_count(size_t count) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, patience, [&] { return texts_.size() >= count; });
  }
  size_t count() {
    const std::lock_guard lock(mutex_);
    return texts_.size();
  }

 private:
  void read() {
    v1::WatchResponse response;
    while (stream_->Read(&response)) {
      const std::lock_guard lock(mutex_);
      live_ = live_ || response.has_checkpoint();
      const v1::Message& message = response.event().message_changed();
      if (message.direction() == v1::Message::DIRECTION_INCOMING) texts_.insert(message.text());
      changed_.notify_all();
    }
  }
  grpc::ClientContext context_;
  std::unique_ptr<v1::EventService::Stub> stub_;
  std::unique_ptr<grpc::ClientReader<v1::WatchResponse>> stream_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::unordered_set<std::string> texts_;
  bool live_ = false;
  std::thread thread_;
};

class Sender {
 public:
  Sender(const std::string& socket, std::string address)
      : stub_(v1::MessageService::NewStub(connect(socket))), address_(std::move(address)) {}

  void send(const std::string& text) {
    grpc::ClientContext context;
    v1::Message answer;
    if (const auto s = stub_->SendMessage(&context, request(text), &answer); !s.ok())
      die("SendMessage: " + s.error_message());
  }
  // Begins it; at most `window` are not answered at once.
  void begin(const std::string& text, unsigned window) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return open_ < window; });
    ++open_;
    lock.unlock();
    auto one = std::make_shared<Call>();
    one->request = request(text);
    stub_->async()->SendMessage(&one->context, &one->request, &one->answer,
                                [this, one](const grpc::Status& s) {
                                  if (!s.ok()) die("SendMessage: " + s.error_message());
                                  const std::lock_guard guard(mutex_);
                                  --open_;
                                  changed_.notify_all();
                                });
  }
  void finish() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return open_ == 0; });
  }

 private:
  struct Call {
    grpc::ClientContext context;
    v1::SendMessageRequest request;
    v1::Message answer;
  };
  v1::SendMessageRequest request(const std::string& text) const {
    v1::SendMessageRequest made;
    made.set_address(address_);
    made.set_text(text);
    return made;
  }
  std::unique_ptr<v1::MessageService::Stub> stub_;
  const std::string address_;
  std::mutex mutex_;
  std::condition_variable changed_;
  unsigned open_ = 0;
};

std::string text_of(const char* kind, unsigned number) {
  return std::string(kind) + " " + std::to_string(number) + ": shall we have lunch at noon?";
}

void latency(const Options& options, Sender& sender, Receiver& receiver) {
  std::vector<double> ms;
  for (unsigned i = 0; i < options.count; ++i) {
    const std::string text = text_of("one", i);
    const auto begin = Clock::now();
    sender.send(text);
    if (!receiver.wait_for(text)) die("a message did not come");
    ms.push_back(duration<double, std::milli>(Clock::now() - begin).count());
  }
  std::sort(ms.begin(), ms.end());
  std::printf("{\"name\":\"latency\",\"p50_ms\":%.3f,\"p99_ms\":%.3f}\n", ms[ms.size() / 2],
              ms[ms.size() * 99 / 100]);
  std::fflush(stdout);
}

void rate(const Options& options, Sender& sender, Receiver& receiver) {
  const size_t before = receiver.count();
  const auto begin = Clock::now();
  for (unsigned i = 0; i < options.flood; ++i) sender.begin(text_of("many", i), options.window);
  sender.finish();
  const double accepted = duration<double>(Clock::now() - begin).count();
  const bool all = receiver.wait_for_count(before + options.flood);
  const double elapsed = duration<double>(Clock::now() - begin).count();
  const auto got = static_cast<double>(receiver.count() - before);
  std::printf(
      "{\"name\":\"rate\",\"per_second\":%.1f,\"accepted_per_second\":%.1f,\"missing\":%.0f}\n",
      all ? got / elapsed : 0.0, options.flood / accepted, options.flood - got);
}

Options parse(int count, char** arguments) {
  Options options;
  bool good = count % 2 == 1;
  for (int i = 1; i + 1 < count; i += 2) {
    const std::string name = arguments[i];
    const char* const value = arguments[i + 1];
    if (name == "--from")
      options.from = value;
    else if (name == "--to")
      options.to = value;
    else if (name == "--address")
      options.address = value;
    else if (name == "--count")
      options.count = static_cast<unsigned>(std::atoi(value));
    else if (name == "--flood")
      options.flood = static_cast<unsigned>(std::atoi(value));
    else if (name == "--window")
      options.window = static_cast<unsigned>(std::max(1, std::atoi(value)));
    else
      good = false;
  }
  if (good && !options.from.empty() && !options.to.empty() && !options.address.empty())
    return options;
  std::fprintf(stderr,
               "bench_messages --from SOCKET --to SOCKET --address ADDRESS [--count N] [--flood N] "
               "[--window N]\n");
  std::exit(2);
}

}  // namespace
}  // namespace commd::bench

int main(int count, char** arguments) {
  const auto options = commd::bench::parse(count, arguments);
  commd::bench::Sender sender(options.from, options.address);
  commd::bench::Receiver receiver(options.to);
  if (options.count > 0) commd::bench::latency(options, sender, receiver);
  if (options.flood > 0) commd::bench::rate(options, sender, receiver);
  return 0;
}
