// Calls for the bench, placed from outside the process that is measured:
//
//   bench_load rate      --target PORT --rate N [--seconds S] [--hold-ms M] [--cancel]
//   bench_load hold      --target PORT --calls N [--codec pcmu|opus] [--srtp] [--ramp N]
//                        [--warm-up S] [--seconds S]
//   bench_load first-rtp --target PORT --calls N
//   bench_load answer
//
// Each prints JSON, one object a line, on standard output. `rate` begins N calls a
// second and ends each after M ms; --cancel gives each up as soon as it rings. `hold`
// sets calls up, says {"event":"begin"} and {"event":"end"} around the window in which
// the callee is to be measured, and then ends them. `first-rtp` places one call after
// another. `answer` is a callee that reflects packets; it prints its port.
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <exception>
#include <string>
#include <string_view>

#include "tests/bench/load/answerer.h"
#include "tests/bench/load/load_runs.h"

namespace commd::bench {
namespace {

[[noreturn]] void usage(std::string_view what) {
  std::fprintf(stderr, "bench_load: %.*s\n", static_cast<int>(what.size()), what.data());
  std::exit(2);
}

int number(const char* text, std::string_view name) {
  const int value = std::atoi(text);
  if (value <= 0) usage(std::string(name) + " must be a positive number");
  return value;
}

Settings parse(int count, char** arguments) {
  Settings settings;
  for (int i = 2; i < count; ++i) {
    const std::string_view name = arguments[i];
    if (name == "--cancel") {
      settings.cancel = true;
      continue;
    }
    if (name == "--srtp") {
      settings.protection = Protection::sdes;
      continue;
    }
    if (i + 1 == count) usage(std::string(name) + " needs a value");
    const char* value = arguments[++i];
    if (name == "--target") {
      settings.target = static_cast<uint16_t>(number(value, name));
    } else if (name == "--user") {
      settings.user = value;
    } else if (name == "--codec") {
      settings.codec = std::string_view(value) == "opus" ? Codec::opus : Codec::pcmu;
    } else if (name == "--rate" || name == "--ramp") {
      settings.rate = number(value, name);
    } else if (name == "--calls") {
      settings.calls = static_cast<size_t>(number(value, name));
    } else if (name == "--seconds") {
      settings.duration = std::chrono::seconds(number(value, name));
    } else if (name == "--warm-up") {
      settings.warm_up = std::chrono::seconds(number(value, name));
    } else if (name == "--hold-ms") {
      settings.hold = std::chrono::milliseconds(number(value, name));
    } else {
      usage("unknown option " + std::string(name));
    }
  }
  if (settings.target == 0) usage("--target is needed");
  return settings;
}

int run(int count, char** arguments) {
  const std::string_view mode = count > 1 ? arguments[1] : "";
  if (mode == "answer") {
    Answerer answerer;
    std::printf("{\"port\":%u}\n", answerer.port());
    std::fflush(stdout);
    answerer.run();
  }
  if (mode == "rate") return run_rate(parse(count, arguments));
  if (mode == "hold") return run_hold(parse(count, arguments));
  if (mode == "first-rtp") return run_first_rtp(parse(count, arguments));
  usage("one of rate, hold, first-rtp, answer is needed");
}

}  // namespace
}  // namespace commd::bench

int main(int count, char** arguments) {
  try {
    return commd::bench::run(count, arguments);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bench_load: %s\n", error.what());
    return 1;
  }
}
