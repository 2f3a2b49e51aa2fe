#include "daemon/core/login_check.h"

#include <chrono>

namespace commd::core {
namespace {

using model::AccountState;
using model::CheckResult;

std::string remedy_of(const model::Account& account) {
  const std::string& reason = account.state_reason;
  const std::string id = account.id.str();
  if (reason == "WRONG_PASSWORD" || reason == "PASSWORD_EXPIRED" ||
      reason == "PASSWORD_UNAVAILABLE" || reason == "PASSWORD_DISCLOSED")
    return "set the password anew: \"commctl account set " + id + " --password-file -\"";
  if (reason.starts_with("DNS_")) return "see what dns.srv and dns.address say";
  if (reason.starts_with("TLS_")) return "see what tls.certificate says";
  if (account.state == AccountState::retrying)
    return "it is tried again by itself; see what dns.address and tls.certificate say";
  return "mend what it says, then \"commctl account enable " + id + "\"";
}

}  // namespace

model::Check login_check(const model::Account& account) {
  model::Check check;
  check.id = "login";
  check.account = account.id;
  check.facts["state"] = model::to_string(account.state);
  switch (account.state) {
    case AccountState::disabled:
      check.result = CheckResult::skipped;
      check.found = "the account is disabled";
      check.remedy = "\"commctl account enable " + account.id.str() + "\"";
      return check;
    case AccountState::connecting:
      check.result = CheckResult::warning;
      check.reason = "LOGIN_UNDER_WAY";
      check.found = "the account is still on the way to its server";
      check.remedy = "ask again in some seconds; see what dns.address and tls.certificate say";
      return check;
    case AccountState::online:
      check.found = "signed in at " + account.server_in_use;
      check.facts["server"] = account.server_in_use;
      if (account.state_message.empty()) return check;
      check.result = CheckResult::warning;
      check.reason = account.state_reason;
      check.found += ", but " + account.state_message;
      return check;
    case AccountState::retrying:
    case AccountState::failed:
      break;
  }
  check.result = CheckResult::failed;
  check.reason = account.state_reason;
  check.found = account.state_message;
  check.remedy = remedy_of(account);
  return check;
}

model::Check clock_check(const model::AccountId& account,
                         const std::optional<std::chrono::seconds>& ahead) {
  constexpr std::chrono::seconds tolerable{60};
  model::Check check;
  check.id = "clock";
  check.account = account;
  if (!ahead) {
    check.result = CheckResult::skipped;
    check.found = "the server does not say what time it is";
    return check;
  }
  const auto apart = std::chrono::abs(*ahead);
  check.facts["ahead_s"] = std::to_string(ahead->count());
  check.found = apart <= std::chrono::seconds(1)
                    ? "this machine's clock and the server's are alike"
                    : "the server's clock is " + std::to_string(apart.count()) + " s " +
                          (ahead->count() > 0 ? "ahead of" : "behind") + " this machine's";
  if (apart <= tolerable) return check;
  check.result = CheckResult::warning;
  check.reason = "CLOCK_WRONG";
  check.remedy =
      "set this machine's clock right, best by a time service, if it is this one that "
      "is wrong: certificates and credentials end by it";
  return check;
}

model::Check local_port_check(const model::Account& local) {
  model::Check check;
  check.id = "ports.sip";
  if (local.state == AccountState::online && local.state_message.empty()) {
    check.found = "calls on this machine are taken at " + local.server_in_use;
    if (local.server_in_use.empty()) check.found = "calls on this machine are taken";
    return check;
  }
  if (local.state == AccountState::disabled) {
    check.result = CheckResult::skipped;
    check.found = "the local account is disabled";
    return check;
  }
  check.result = local.state == AccountState::online ? CheckResult::warning : CheckResult::failed;
  check.reason = local.state_reason;
  check.found = local.state_message;
  check.remedy = "another program has the port: end it, or set local_port of [sip] in commd.toml";
  return check;
}

}  // namespace commd::core
