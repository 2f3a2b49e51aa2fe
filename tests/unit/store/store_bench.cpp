// How fast the store commits: a lone batch (an event and a call, as one step of a
// call is), and as many as it can. Prints a JSON line a figure.
// Argument: a folder on the disk to measure; made, used and left behind.
#include <algorithm>
#include <cstdio>
#include <future>
#include <string>
#include <vector>

#include "daemon/base/log.h"
#include "daemon/store/sqlite_store.h"

namespace {

using namespace commd;
using Steady = std::chrono::steady_clock;

class SystemClock final : public ports::Clock {
 public:
  base::MonoTime mono_now() const override { return Steady::now(); }
  base::WallTime wall_now() const override { return std::chrono::system_clock::now(); }
};

void print(const char* name, double value, const char* unit) {
  std::printf("{\"name\": \"%s\", \"value\": %.1f, \"unit\": \"%s\"}\n", name, value, unit);
}

std::vector<ports::Change> step_of_a_call(uint64_t sequence) {
  model::Call call;
  call.id = model::CallId("bench-" + std::to_string(sequence / 6));
  call.account = model::AccountId("sip:alice@example.org");
  call.remote = {"sip:bob@example.org", "Bob"};
  call.local = {"sip:alice@example.org", "Alice"};
  call.state = sequence % 6 == 5 ? model::CallState::ended : model::CallState::active;
  call.create_time = base::WallTime(std::chrono::seconds(1'790'000'000 + sequence / 6));
  call.codec = "opus/48000";
  return {ports::PutCall{call},
          ports::AppendEvent{sequence, std::make_shared<const std::string>(400, 'x')}};
}

void lone_commits(store::SqliteStore& store, uint64_t& sequence) {
  std::vector<double> microseconds;
  for (int i = 0; i < 10'000; ++i) {
    std::promise<void> done;
    auto batch = step_of_a_call(++sequence);
    const auto begin = Steady::now();
    store.commit(std::move(batch), [&](const base::Result<void>&) { done.set_value(); });
    done.get_future().wait();
    microseconds.push_back(
        std::chrono::duration<double, std::micro>(Steady::now() - begin).count());
  }
  std::sort(microseconds.begin(), microseconds.end());
  print("store.lone_commit.p50", microseconds[microseconds.size() / 2], "us");
  print("store.lone_commit.p99", microseconds[microseconds.size() * 99 / 100], "us");
  print("store.lone_commit.max", microseconds.back(), "us");
}

void many_commits(store::SqliteStore& store, uint64_t& sequence) {
  constexpr int count = 60'000;
  std::promise<void> done;
  const auto begin = Steady::now();
  for (int i = 1; i <= count; ++i) {
    const bool last = i == count;
    store.commit(step_of_a_call(++sequence), [&done, last](const base::Result<void>&) {
      if (last) done.set_value();
    });
  }
  done.get_future().wait();
  const double seconds = std::chrono::duration<double>(Steady::now() - begin).count();
  print("store.batches", count / seconds, "1/s");
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: bench_store FOLDER\n");
    return 2;
  }
  const SystemClock clock;
  const auto post = [](const std::function<void()>& job) { job(); };
  store::SqliteStore store({argv[1], {}}, clock, post, base::null_logger());
  const auto begin = Steady::now();
  const auto state = store.open();
  if (!state) {
    std::fprintf(stderr, "%s\n", state.error().message.c_str());
    return 1;
  }
  print("store.open", std::chrono::duration<double, std::milli>(Steady::now() - begin).count(),
        "ms");
  uint64_t sequence = state->last_sequence;
  lone_commits(store, sequence);
  many_commits(store, sequence);
  return 0;
}
