#include "daemon/probe/machine_checks.h"

#include <sys/socket.h>
#include <sys/timex.h>

#include <algorithm>
#include <cerrno>
#include <string>

#include "daemon/base/unique_fd.h"
#include "daemon/net/address.h"

namespace commd::probe {
namespace {

// Evenly over the range; each is two sockets.
constexpr int most_pairs = 64;

bool can_bind(uint16_t port) {
  const base::UniqueFd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  const net::SocketAddress address(net::Endpoint{{}, port});
  return socket && ::bind(socket.get(), address.get(), address.length) == 0;
}

}  // namespace

model::Check check_media_ports(PortRange range) {
  const int pairs = (range.last - range.first + 1) / 2;
  const int tried = std::clamp(pairs, 1, most_pairs);
  int free = 0;
  for (int i = 0; i < tried; ++i) {
    const auto port = static_cast<uint16_t>(range.first + 2 * (pairs * i / tried));
    if (can_bind(port) && can_bind(static_cast<uint16_t>(port + 1))) ++free;
  }
  const std::string ports = std::to_string(range.first) + "-" + std::to_string(range.last);
  model::Check check;
  check.id = "ports.rtp";
  check.facts = {
      {"range", ports}, {"tried", std::to_string(tried)}, {"free", std::to_string(free)}};
  check.found = "of " + std::to_string(tried) + " pairs of UDP ports in " + ports + ", " +
                std::to_string(free) + " are free";
  if (free * 2 >= tried) return check;
  check.result = free == 0 ? model::CheckResult::failed : model::CheckResult::warning;
  check.reason = free == 0 ? "RTP_PORTS_TAKEN" : "RTP_PORTS_FEW";
  check.remedy =
      "another program uses them: set another range as rtp_ports of [media] in "
      "commd.toml";
  return check;
}

model::Check check_clock() {
  timex state{};
  model::Check check;
  check.id = "clock";
  const int said = ::adjtimex(&state);
  if (said < 0) {
    check.result = model::CheckResult::skipped;
    check.found = "the kernel does not tell whether the clock is kept";
    return check;
  }
  if (said != TIME_ERROR && (state.status & STA_UNSYNC) == 0) {
    check.found = "a time service keeps this machine's clock";
    return check;
  }
  check.result = model::CheckResult::warning;
  check.reason = "CLOCK_NOT_KEPT";
  check.found = "nothing keeps this machine's clock right";
  check.remedy =
      "install a time service, for example \"apt install systemd-timesyncd\": with a "
      "wrong clock certificates and credentials are refused";
  return check;
}

}  // namespace commd::probe
