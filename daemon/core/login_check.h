// What is known of an account without asking anybody, as checks of the doctor: whether it is signed
// in, its server's clock, and whether the local account has its port. Pure; any thread.
#pragma once

#include <chrono>
#include <optional>

#include "daemon/model/account.h"
#include "daemon/model/check.h"

namespace commd::core {

model::Check login_check(const model::Account& account);
// clock: beside the server's, which is so far ahead; nothing: it does not say.
model::Check clock_check(const model::AccountId& account,
                         const std::optional<std::chrono::seconds>& ahead);
// ports.sip, of the account `local`.
model::Check local_port_check(const model::Account& local);

}  // namespace commd::core
