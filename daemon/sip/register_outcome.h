// What an answer to REGISTER, or none, means to a person: the state of the account, a
// stable reason, and words with the remedy. Pure; any thread.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "daemon/base/time.h"
#include "daemon/model/account.h"
#include "daemon/sip/registration.h"
#include "daemon/sip/tls_failure.h"

namespace commd::sip {

struct RegisterProblem {
  // retrying: time may heal it; failed: a person has to change something.
  model::AccountState state = model::AccountState::retrying;
  std::string reason;
  std::string message;
  std::chrono::seconds not_before{0};  // Retry-After
};

// `server`: how the server is called in words, "sip.example.org". `tls`: the refusal of
// its certificate, if that is why nothing was answered.
RegisterProblem problem_of(const RegisterAnswer& answer, const std::string& address,
                           const std::string& server, const std::optional<TlsFailure>& tls,
                           base::WallTime now);

}  // namespace commd::sip
