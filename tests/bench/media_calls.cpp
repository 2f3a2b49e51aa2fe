// What a call costs: opens pairs of sessions that talk to each other over the
// loopback through MediaEngine's own interface, each decoding, mixing and encoding,
// and prints CPU and memory for one end of a call.
//
//   bench_media [--pairs N]... [--codec pcmu|opus] [--srtp] [--seconds S] [--json]
//
// Without options: the table of docs/performance.md.
#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <fstream>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "media/engine/media_engine.h"

namespace commd::engine {
namespace {

using Clock = std::chrono::steady_clock;

struct Scenario {
  std::string codec = "PCMU";
  bool srtp = false;
  unsigned pairs = 1;
};

struct Figures {
  double cpu_percent = 0;       // of one core, per end of a call
  double memory_kilobytes = 0;  // resident, per end
  uint64_t played = 0;
  uint64_t concealed = 0;
  uint64_t lost = 0;
  double worst_jitter_ms = 0;
};

// The core thread: the program's own.
class Core {
 public:
  void post(std::function<void()> task) {
    const std::lock_guard lock(mutex_);
    tasks_.push_back(std::move(task));
    changed_.notify_one();
  }
  // Runs what is posted until the condition holds, or time is up.
  template <class Condition>
  void run_until(Clock::time_point deadline, Condition done) {
    while (!done()) {
      std::function<void()> task;
      {
        std::unique_lock lock(mutex_);
        if (!changed_.wait_until(lock, deadline, [this] { return !tasks_.empty(); })) return;
        task = std::move(tasks_.front());
        tasks_.pop_front();
      }
      task();
    }
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> tasks_;
};

struct QuietObserver : ports::MediaObserver {
  void media_flowing(const model::BranchId&) override {}
  void media_usable(bool) override {}
  void media_changed(const std::string&, const model::CallSecurity&) override {}
  void digit_received(char) override {}
  void media_lost(bool) override {}
  void end_failed(End, const base::Error& error) override { media_failed(error); }
  void media_failed(const base::Error& error) override {
    std::fprintf(stderr, "media failed: %s\n", error.message.c_str());
  }
  void playback_finished() override {}
  void transport_found(size_t, const model::TransportDescription&) override {}
  void restart_wanted() override {}
};

double cpu_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

double resident_kilobytes() {
  std::ifstream statm("/proc/self/statm");
  long pages = 0;
  long resident = 0;
  statm >> pages >> resident;
  return static_cast<double>(resident) * static_cast<double>(::sysconf(_SC_PAGESIZE)) / 1024;
}

class Bench {
 public:
  explicit Bench(const Scenario& scenario) : scenario_(scenario) {
    EngineOptions options;
    options.rtp_ports = {20000, 65000};
    engine_ = std::make_unique<MediaEngine>(
        MediaEngine::Parts{codecs_, srtp_, [this](auto task) { core_.post(std::move(task)); },
                           base::null_logger(), nullptr, nullptr},
        options);
  }

  Figures run(std::chrono::seconds duration) {
    // One pair first, so that what is made once is not counted for every call.
    open_pair();
    idle(std::chrono::seconds(1));
    const double memory_before = resident_kilobytes();
    while (sessions_.size() < 2 * scenario_.pairs) open_pair();
    idle(std::chrono::seconds(2));
    const Figures before = totals();
    const double cpu_before = cpu_seconds();
    const auto start = Clock::now();
    idle(duration);
    const double cpu = cpu_seconds() - cpu_before;
    const double elapsed = std::chrono::duration<double>(Clock::now() - start).count();
    Figures figures = totals();
    figures.played -= before.played;
    figures.concealed -= before.concealed;
    figures.lost -= before.lost;
    const auto ends = static_cast<double>(sessions_.size());
    figures.cpu_percent = 100 * cpu / elapsed / ends;
    const double added = ends > 2 ? ends - 2 : 2;
    figures.memory_kilobytes = (resident_kilobytes() - memory_before) / added;
    return figures;
  }

 private:
  ports::MediaConfig config() const {
    ports::MediaConfig config;
    config.codecs = {scenario_.codec};
    config.encryption = scenario_.srtp ? model::Encryption::required : model::Encryption::off;
    config.signalling_protected = true;
    config.local_ip = "127.0.0.1";
    config.signalling_peer_ip = "127.0.0.1";
    config.capture.kind = model::AudioSource::Kind::tone;
    config.capture.tone_hz = 440;
    config.playback.kind = model::AudioSink::Kind::none;
    return config;
  }

  void open_pair() {
    auto caller = engine_->open("caller", config(), observer_);
    auto callee = engine_->open("callee", config(), observer_);
    bool connected = false;
    caller->offer(model::Direction::send_recv, [&](auto offer) {
      if (!offer) die(offer.error());
      callee->answer(*offer, model::Direction::send_recv, [&](auto answer) {
        if (!answer) die(answer.error());
        caller->apply_answer(model::BranchId("b"), *answer, [&](auto) { connected = true; });
      });
    });
    core_.run_until(Clock::now() + std::chrono::seconds(10), [&] { return connected; });
    caller->choose_branch(model::BranchId("b"));
    caller->transmit(ports::Transmit::live);
    callee->transmit(ports::Transmit::live);
    sessions_.push_back(std::move(caller));
    sessions_.push_back(std::move(callee));
  }

  [[noreturn]] static void die(const base::Error& error) {
    std::fprintf(stderr, "%s: %s\n", error.reason.c_str(), error.message.c_str());
    std::exit(1);
  }

  void idle(std::chrono::seconds duration) {
    core_.run_until(Clock::now() + duration, [] { return false; });
  }

  Figures totals() {
    Figures figures;
    size_t answers = 0;
    for (const auto& session : sessions_)
      session->stats([&](const model::MediaStats& stats) {
        figures.played += stats.frames_played;
        figures.concealed += stats.frames_concealed;
        figures.lost += stats.received.packets_lost;
        figures.worst_jitter_ms = std::max(figures.worst_jitter_ms, stats.received.jitter_ms);
        ++answers;
      });
    core_.run_until(Clock::now() + std::chrono::seconds(10),
                    [&] { return answers == sessions_.size(); });
    return figures;
  }

  Scenario scenario_;
  Core core_;
  srtp::SrtpLibrary srtp_;
  codec::CodecRegistry codecs_ = codec::CodecRegistry::direct();
  QuietObserver observer_;
  std::unique_ptr<MediaEngine> engine_;
  std::vector<std::unique_ptr<ports::MediaSession>> sessions_;
};

struct Options {
  std::vector<Scenario> scenarios;
  std::chrono::seconds duration{10};
  bool json = false;
};

Options parse(int count, char** arguments) {
  Options options;
  Scenario scenario;
  std::vector<unsigned> pairs;
  for (int i = 1; i < count; ++i) {
    const std::string argument = arguments[i];
    const bool has_value = i + 1 < count;
    if (argument == "--json") {
      options.json = true;
    } else if (argument == "--srtp") {
      scenario.srtp = true;
    } else if (argument == "--codec" && has_value) {
      scenario.codec = arguments[++i];
    } else if (argument == "--pairs" && has_value) {
      pairs.push_back(static_cast<unsigned>(std::max(1, std::atoi(arguments[++i]))));
    } else if (argument == "--seconds" && has_value) {
      options.duration = std::chrono::seconds(std::max(1, std::atoi(arguments[++i])));
    } else {
      std::fprintf(stderr, "unknown option %s\n", argument.c_str());
      std::exit(2);
    }
  }
  for (const unsigned n : pairs) {
    scenario.pairs = n;
    options.scenarios.push_back(scenario);
  }
  if (pairs.empty())
    options.scenarios = {{"PCMU", false, 1}, {"PCMU", false, 50}, {"PCMU", false, 300},
                         {"opus", true, 1},  {"opus", true, 25},  {"opus", true, 50}};
  return options;
}

void print(const Scenario& scenario, const Figures& figures, bool json) {
  const std::string name = scenario.codec + (scenario.srtp ? "+srtp" : "");
  if (json) {
    std::printf(
        "{\"name\":\"media_%s_%u_pairs\",\"cpu_percent_per_end\":%.3f,"
        "\"kilobytes_per_end\":%.1f,\"frames_played\":%llu,\"frames_concealed\":%llu,"
        "\"packets_lost\":%llu}\n",
        name.c_str(), scenario.pairs, figures.cpu_percent, figures.memory_kilobytes,
        static_cast<unsigned long long>(figures.played),
        static_cast<unsigned long long>(figures.concealed),
        static_cast<unsigned long long>(figures.lost));
  } else {
    std::printf("%-10s %6u %12.3f %10.1f %12llu %10llu %6llu %8.2f\n", name.c_str(), scenario.pairs,
                figures.cpu_percent, figures.memory_kilobytes,
                static_cast<unsigned long long>(figures.played),
                static_cast<unsigned long long>(figures.concealed),
                static_cast<unsigned long long>(figures.lost), figures.worst_jitter_ms);
  }
  std::fflush(stdout);
}

}  // namespace
}  // namespace commd::engine

int main(int count, char** arguments) {
  using namespace commd::engine;
  const Options options = parse(count, arguments);
  if (!options.json)
    std::printf("%-10s %6s %12s %10s %12s %10s %6s %8s\n", "codec", "pairs", "% core/end",
                "KiB/end", "played", "concealed", "lost", "jitter");
  for (const Scenario& scenario : options.scenarios) {
    Bench bench(scenario);
    print(scenario, bench.run(options.duration), options.json);
  }
  return 0;
}
