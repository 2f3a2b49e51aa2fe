// The man page commctl(1), from the table of commands. Pure; any thread.
#pragma once

#include <string>
#include <vector>

#include "clients/commctl/command.h"

namespace commd::commctl {

// roff with the man macros.
std::string man_page(const std::vector<Command>& commands);

}  // namespace commd::commctl
