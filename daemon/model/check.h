// What one check of the doctor came to. Values; any thread.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "daemon/base/time.h"
#include "daemon/model/ids.h"

namespace commd::model {

// warning: it works, but not always or not for long. skipped: there was nothing to check.
enum class CheckResult { ok, warning, failed, skipped };

struct Check {
  std::string id;     // stable: "dns.srv", "turn.udp", "devices.capture"
  AccountId account;  // empty: of the machine
  CheckResult result = CheckResult::ok;
  std::string reason;                    // stable UPPER_SNAKE of a failure or warning; else empty
  std::string found;                     // in words
  std::string remedy;                    // what a person can do; empty: nothing
  std::vector<std::string> addresses{};  // "192.0.2.1:3478", as it was found
  std::optional<base::Duration> round_trip{};
  std::map<std::string, std::string> facts{};  // "server", "transport", "mapping" ...
};

}  // namespace commd::model
