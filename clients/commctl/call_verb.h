// What the commands that change one call have in common. Main thread.
#pragma once

#include <string>

#include "clients/commctl/command.h"
#include "clients/commctl/context.h"

namespace commd::commctl {

// "[CALL]": left out, the daemon takes the only one that is eligible.
Argument optional_call();
Argument required_call();

// Prints the call as JSON, or says "Alice <sip:...>: active, muted".
int show_call(const Context& context, const v1::Call& call);

}  // namespace commd::commctl
