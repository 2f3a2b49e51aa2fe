// What bench_load does, one function a mode; each prints its JSON on standard output
// and returns the exit status: 0 when every call went well, else 1.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "tests/bench/load/rtp_stream.h"

namespace commd::bench {

struct Settings {
  uint16_t target = 0;        // the callee's SIP port on 127.0.0.1, UDP
  std::string user = "echo";  // whom we call there
  Codec codec = Codec::pcmu;
  Protection protection = Protection::none;
  int rate = 100;  // calls begun a second
  size_t calls = 1;
  bool cancel = false;
  std::chrono::milliseconds hold{20};
  std::chrono::seconds warm_up{3};
  std::chrono::seconds duration{4};
};

int run_rate(const Settings& settings);
int run_hold(const Settings& settings);
int run_first_rtp(const Settings& settings);

}  // namespace commd::bench
