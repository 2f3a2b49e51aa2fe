#include <chrono>

#include "clients/client/doctor_stream.h"
#include "clients/commctl/commands.h"
#include "clients/commctl/context.h"
#include "clients/commctl/terminal.h"

namespace commd::commctl {
namespace {

constexpr std::chrono::seconds usual_patience{30};

Span verdict_of(v1::Check::Result result) {
  if (result == v1::Check::RESULT_OK) return {"ok  ", Style::good};
  if (result == v1::Check::RESULT_WARNING) return {"warn", Style::warning};
  if (result == v1::Check::RESULT_FAILED) return {"FAIL", Style::bad};
  if (result == v1::Check::RESULT_SKIPPED) return {"skip", Style::dim};
  return {"?   ", Style::plain};
}

void show(const Output& out, const v1::Check& check) {
  if (out.json()) return out.print(check);
  Line line{verdict_of(check.result()), {"  " + check.id(), Style::bold}};
  if (!check.account().empty()) line.push_back({"  " + check.account()});
  line.push_back({": " + check.found()});
  out.print_wrapped(line, 6);
  if (!check.remedy().empty()) out.print_wrapped({{"        " + check.remedy(), Style::dim}}, 8);
}

void sum_up(const Output& out, size_t failed, size_t warned) {
  if (failed == 0 && warned == 0) return out.say("All is well.");
  const auto count = [](size_t number, const std::string& what) {
    return std::to_string(number) + " " + what + (number == 1 ? "" : "s");
  };
  if (failed == 0) return out.say("Nothing failed; " + count(warned, "warning") + ".");
  out.say(count(failed, "failure") + ", " + count(warned, "warning") + ".");
}

int run(Context& context) {
  const Deadline deadline =
      std::chrono::steady_clock::now() + context.timeout().value_or(usual_patience);
  client::DoctorStream checks(context.client(), context.word(0));
  size_t failed = 0;
  size_t warned = 0;
  while (true) {
    while (const auto check = checks.next()) {
      show(context.out(), *check);
      failed += check->result() == v1::Check::RESULT_FAILED ? 1 : 0;
      warned += check->result() == v1::Check::RESULT_WARNING ? 1 : 0;
    }
    if (checks.ended()) break;
    if (!wait_readable({checks.descriptor()}, deadline))
      return static_cast<int>(client::ExitCode::timed_out);
  }
  if (!context.out().json()) sum_up(context.out(), failed, warned);
  return static_cast<int>(failed == 0 ? client::ExitCode::ok : client::ExitCode::failed);
}

}  // namespace

Command doctor_command() {
  return {
      "doctor",
      "Test names, certificates, logins, NAT, relays, ports, clock and devices",
      "Each check is a line: ok, warn, FAIL or skip (nothing to check), what was found, and below\n"
      "it what can be done. Relays are tried over UDP, TCP and TLS with a datagram there and "
      "back.\n"
      "Ends with 0 when nothing failed, with 1 otherwise.",
      {{"commctl doctor", "all accounts that are enabled, and this machine"},
       {"commctl doctor alice", "one account"},
       {"commctl doctor --json | jq -c 'select(.result == \"RESULT_FAILED\")'", "for a script"}},
      {{"ACCOUNT", "an id, a unique prefix of one, or an address", Word::account,
        Argument::Count::optional}},
      {},
      run};
}

}  // namespace commd::commctl
