// Which states can still follow which: when `wait` may give up. Pure functions; any
// thread.
#pragma once

#include <string>
#include <vector>

#include "commd/v1/account.pb.h"
#include "commd/v1/call.pb.h"

namespace commd::commctl {

// "state=active,held" as states; throws UsageError naming the choices.
std::vector<v1::Call::State> call_states_of(const std::string& condition);
std::vector<v1::Account::State> account_states_of(const std::string& condition);

// Whether a call as it is now can come into `wanted` later. A call never rings again
// after the answer, and nothing follows the end.
bool may_become(const v1::Call& call, v1::Call::State wanted);

// Whether an account can come into `wanted` by itself: out of "disabled" and
// "failed" only a person brings it.
bool may_become(const v1::Account& account, v1::Account::State wanted);

}  // namespace commd::commctl
