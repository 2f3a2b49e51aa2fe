// The names of an account's server: dns.srv and dns.address. Thread of the io_context.
#pragma once

#include <functional>

#include "daemon/model/check.h"
#include "daemon/probe/remedies.h"
#include "daemon/probe/server_plan.h"
#include "daemon/probe/surroundings.h"

namespace commd::probe {

using Each = std::function<void(model::Check)>;
using Done = std::function<void()>;

// Tells one or two checks by `each`, then `done`. Within the resolver's deadline, twice.
[[nodiscard]] net::OperationHandle check_names(const Surroundings& around, const ServerPlan& plan,
                                               const Subject& subject, Each each, Done done);

}  // namespace commd::probe
