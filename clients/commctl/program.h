// The whole of commctl: finds the command, runs it, and turns what goes wrong into
// words and an exit code. Main thread.
#pragma once

#include <string>
#include <vector>

namespace commd::commctl {

int run_program(const std::vector<std::string>& line);

}  // namespace commd::commctl
