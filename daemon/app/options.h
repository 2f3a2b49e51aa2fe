// The command line of commd, as the contract writes it.
#pragma once

#include "daemon/base/result.h"
#include "daemon/system/paths.h"

namespace commd::app {

struct Options {
  system::PathChoices paths;
  bool check_config = false;
  bool version = false;
  bool help = false;
};

// INVALID_ARGUMENT names the word that is wrong. Relative paths are made absolute.
base::Result<Options> parse_options(int argc, char** argv);
extern const char* const usage_text;

}  // namespace commd::app
