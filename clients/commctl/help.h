// --help, from the table of commands. Pure functions; any thread.
#pragma once

#include <string>
#include <vector>

#include "clients/commctl/command.h"

namespace commd::commctl {

// All commands, or those of a noun.
std::string overview(const std::vector<Command>& commands, const std::string& group);

// One command: examples first.
std::string help_of(const Command& command);

// "[CALL] a call", two blanks between the columns.
std::string two_columns(const std::vector<std::pair<std::string, std::string>>& rows);

}  // namespace commd::commctl
