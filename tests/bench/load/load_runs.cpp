#include "tests/bench/load/load_runs.h"

#include <poll.h>

#include <algorithm>
#include <cstdarg>
#include <cstdio>
#include <ctime>
#include <deque>
#include <optional>
#include <vector>

#include "tests/bench/load/rtp_load.h"
#include "tests/bench/load/sip_caller.h"

namespace commd::bench {
namespace {

using namespace std::chrono_literals;

[[gnu::format(printf, 1, 2)]] void say(const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  std::vprintf(format, arguments);
  va_end(arguments);
  std::printf("\n");
  std::fflush(stdout);
}

double milliseconds(Clock::duration time) {
  return std::chrono::duration<double, std::milli>(time).count();
}

double own_cpu_seconds() {
  timespec time{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

int64_t real_nanoseconds() {
  timespec time{};
  ::clock_gettime(CLOCK_REALTIME, &time);
  return int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

double quantile(std::vector<double> values, double share) {
  if (values.empty()) return 0;
  std::ranges::sort(values);
  const auto at = static_cast<size_t>(share * static_cast<double>(values.size() - 1) + 0.5);
  return values[at];
}

// One caller, its media and the loop that drives both.
class Run {
 public:
  explicit Run(const Settings& settings)
      : settings_(settings),
        load_(settings.codec, settings.protection),
        caller_({settings.target, settings.user, settings.cancel},
                {[this](size_t call) { return load_.offer(call); },
                 [this](size_t call, uint16_t port) { on_answer(call, port); },
                 [this](size_t call) { load_.stop(call); }}) {}

  SipCaller& caller() { return caller_; }
  const SipCaller& caller() const { return caller_; }
  RtpLoad& load() { return load_; }
  // Without it calls are set up and nothing is sent in them.
  void send_media() { media_ = true; }
  // Each call is ended so long after its answer.
  void end_after(std::chrono::milliseconds hold) { hold_ = hold; }

  // Runs until the condition holds or time is up; `next`: when to look again.
  template <class Done>
  bool until(Clock::time_point deadline, Done done, Clock::time_point next = {}) {
    for (;;) {
      const Clock::time_point now = Clock::now();
      Clock::time_point wake = std::min({deadline, caller_.run_timers(now), load_.run(now)});
      if (next != Clock::time_point()) wake = std::min(wake, next);
      wake = std::min(wake, run_byes(now));
      if (done()) return true;
      if (now >= deadline) return false;
      wait(wake - now);
    }
  }

  bool all_finished() const { return caller_.finished() == caller_.calls().size(); }

  // Begins `count` calls at the rate; the greatest delay behind the schedule.
  Clock::duration begin(size_t count) {
    const Clock::time_point start = Clock::now();
    Clock::duration latest{};
    for (size_t n = 0; n < count; ++n) {
      const Clock::time_point due = start + n * Clock::duration(1s) / settings_.rate;
      until(due, [] { return false; });
      latest = std::max(latest, Clock::now() - due);
      caller_.invite();
    }
    return latest;
  }

 private:
  void on_answer(size_t call, uint16_t port) {
    if (media_) load_.start(call, port);
    if (hold_) byes_.push_back({Clock::now() + *hold_, call});
  }

  Clock::time_point run_byes(Clock::time_point now) {
    while (!byes_.empty() && byes_.front().first <= now) {
      caller_.bye(byes_.front().second);
      byes_.pop_front();
    }
    return byes_.empty() ? now + 1s : byes_.front().first;
  }

  void wait(Clock::duration time) {
    descriptors_.clear();
    descriptors_.push_back({caller_.descriptor(), POLLIN, 0});
    load_.add_descriptors(descriptors_);
    const auto nanoseconds = std::max<int64_t>(0, std::chrono::nanoseconds(time).count());
    const timespec timeout{nanoseconds / 1'000'000'000, nanoseconds % 1'000'000'000};
    if (::ppoll(descriptors_.data(), descriptors_.size(), &timeout, nullptr) <= 0) return;
    if (descriptors_.front().revents != 0) caller_.receive();
    load_.receive(std::span<const pollfd>(descriptors_).subspan(1));
  }

  const Settings& settings_;
  RtpLoad load_;
  SipCaller caller_;
  bool media_ = false;
  std::optional<std::chrono::milliseconds> hold_;
  std::deque<std::pair<Clock::time_point, size_t>> byes_;  // all held equally long
  std::vector<pollfd> descriptors_;
};

std::vector<double> answer_times(const SipCaller& caller) {
  std::vector<double> times;
  for (const SipCaller::Call& call : caller.calls())
    if (call.answered != Clock::time_point())
      times.push_back(milliseconds(call.answered - call.begun));
  return times;
}

}  // namespace

int run_rate(const Settings& settings) {
  Run run(settings);
  run.end_after(settings.hold);
  const auto count = static_cast<size_t>(settings.rate * settings.duration.count());
  const double cpu = own_cpu_seconds();
  const Clock::time_point start = Clock::now();
  const Clock::duration latest = run.begin(count);
  const Clock::time_point last_begun = Clock::now();
  const SipCaller& caller = run.caller();
  const bool finished = run.until(last_begun + 40s, [&] { return run.all_finished(); });
  const size_t failed = caller.failed() + (finished ? 0 : count - caller.finished());
  const std::vector<double> times = answer_times(caller);
  say("{\"calls\":%zu,\"failed\":%zu,\"retransmissions\":%zu,\"begun_per_second\":%.1f,"
      "\"drain_ms\":%.1f,\"behind_ms\":%.2f,\"answer_p50_ms\":%.3f,\"answer_p99_ms\":%.3f,"
      "\"generator_cpu_seconds\":%.3f,\"seconds\":%.3f,\"trouble\":\"%s\"}",
      count, failed, caller.retransmissions(),
      static_cast<double>(count) / (milliseconds(last_begun - start) / 1000),
      milliseconds(Clock::now() - last_begun), milliseconds(latest), quantile(times, 0.5),
      quantile(times, 0.99), own_cpu_seconds() - cpu, milliseconds(Clock::now() - start) / 1000,
      caller.trouble().c_str());
  return failed == 0 ? 0 : 1;
}

namespace {

// Calls that are neither up nor have failed are waited for, and then their media.
void settle(Run& run, std::chrono::milliseconds warm_up) {
  const auto settled = [&run] {
    return std::ranges::all_of(run.caller().calls(), [](const SipCaller::Call& call) {
      return call.state == SipCaller::State::up || call.state == SipCaller::State::failed;
    });
  };
  run.until(Clock::now() + 10s, settled);
  run.until(Clock::now() + warm_up, [] { return false; });
}

void say_window(const Run& run, size_t calls, const RtpLoad::Window& window, double cpu) {
  say("{\"event\":\"end\",\"calls\":%zu,\"failed\":%zu,\"packets\":%llu,\"fewest\":%llu,"
      "\"sounding\":%llu,\"pauses\":%llu,\"octets\":%llu,\"seconds\":%.4f,\"behind_ms\":%.2f,"
      "\"generator_cpu_seconds\":%.3f,\"trouble\":\"%s\"}",
      calls, run.caller().failed(), static_cast<unsigned long long>(window.packets),
      static_cast<unsigned long long>(window.fewest),
      static_cast<unsigned long long>(window.sounding),
      static_cast<unsigned long long>(window.pauses),
      static_cast<unsigned long long>(window.octets), window.seconds, window.latest_ms, cpu,
      run.caller().trouble().c_str());
}

void hang_up(Run& run) {
  for (size_t call = 0; call < run.caller().calls().size(); ++call) {
    run.caller().bye(call);
    // A burst of BYEs would only measure socket buffers.
    if (call % 10 == 9) run.until(Clock::now() + 5ms, [] { return false; });
  }
  run.until(Clock::now() + 10s, [&run] { return run.all_finished(); });
}

}  // namespace

int run_hold(const Settings& settings) {
  Run run(settings);
  run.send_media();
  // What is made once, for the first call, is not each call's.
  run.begin(1);
  settle(run, 1s);
  say("{\"event\":\"first\"}");
  run.begin(settings.calls - 1);
  settle(run, settings.warm_up);
  const double cpu = own_cpu_seconds();
  run.load().begin_window();
  say("{\"event\":\"begin\"}");
  run.until(Clock::now() + settings.duration, [] { return false; });
  say_window(run, settings.calls, run.load().end_window(), own_cpu_seconds() - cpu);
  if (settings.calls == 1) {
    run.begin(1);
    settle(run, 1s);
    say("{\"event\":\"second\"}");
  }
  hang_up(run);
  return run.caller().failed() == 0 ? 0 : 1;
}

int run_first_rtp(const Settings& settings) {
  Run run(settings);
  run.send_media();
  SipCaller& caller = run.caller();
  std::vector<double> times;
  for (size_t n = 0; n < settings.calls; ++n) {
    // Stragglers of the call before must not be taken for this one's.
    run.until(Clock::now() + 10ms, [] { return false; });
    run.load().forget_arrivals();
    const int64_t begin = real_nanoseconds();
    const size_t call = caller.invite();
    const auto arrival = [&]() -> std::optional<int64_t> {
      const uint16_t port = caller.calls()[call].rtp_port;
      return port == 0 ? std::nullopt : run.load().first_arrival(port);
    };
    if (run.until(Clock::now() + 3s, [&] { return arrival().has_value(); }))
      times.push_back(static_cast<double>(*arrival() - begin) / 1e6);
    caller.bye(call);
    run.until(Clock::now() + 3s, [&] { return run.all_finished(); });
  }
  const std::vector<double> answers = answer_times(caller);
  say("{\"calls\":%zu,\"failed\":%zu,\"first_rtp_p50_ms\":%.3f,\"first_rtp_p99_ms\":%.3f,"
      "\"answer_p50_ms\":%.3f,\"answer_p99_ms\":%.3f,\"trouble\":\"%s\"}",
      settings.calls, settings.calls - times.size(), quantile(times, 0.5), quantile(times, 0.99),
      quantile(answers, 0.5), quantile(answers, 0.99), caller.trouble().c_str());
  return times.size() == settings.calls ? 0 : 1;
}

}  // namespace commd::bench
