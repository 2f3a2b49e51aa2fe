// commd.toml -> Settings. Pure except for reading the file; any thread.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/base/error.h"
#include "daemon/settings/settings.h"

namespace commd::settings {

// Larger files are refused unread.
constexpr size_t longest_file = 64 * 1024;

struct Loaded {
  // With every key that was right; the others have their defaults.
  Settings settings;
  // All mistakes in the order of the file, not just the first (after a mistake of
  // syntax nothing more can be told). Reasons: CONFIG_UNREADABLE, CONFIG_SYNTAX,
  // CONFIG_UNKNOWN_KEY, CONFIG_BAD_VALUE. The messages begin with
  // "FILE:LINE:COLUMN: "; details: file, line, column, key.
  std::vector<base::Error> errors;
};

// `file` is only for messages.
Loaded parse_settings(std::string_view toml, const std::string& file);

// An empty path: there is no file, the defaults hold.
Loaded load_settings(const std::filesystem::path& path);

}  // namespace commd::settings
