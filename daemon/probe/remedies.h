// What a person can do about an error, by its reason. Pure; any thread.
#pragma once

#include <string>

#include "daemon/base/error.h"
#include "daemon/model/check.h"

namespace commd::probe {

// Whom the error is about.
struct Subject {
  std::string account;  // its id, for commands
  std::string setting;  // where the host was written: "server", "turn", "stun"
  std::string host;
};

// Empty: nothing that we know of.
std::string remedy_for(const base::Error& error, const Subject& subject);

// A check that failed for this error, with its remedy.
model::Check failed_check(std::string id, const Subject& subject, const base::Error& error);

}  // namespace commd::probe
