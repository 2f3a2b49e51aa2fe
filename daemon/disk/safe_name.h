// Names of files that somebody else has chosen, made fit for a folder of this person's.
// Pure; any thread.
#pragma once

#include <string>
#include <string_view>

namespace commd::disk {

// The last part of a path ('/' and '\' divide), as valid UTF-8 without controls, line
// separators and what turns the direction of writing or is not to be seen, that begins with neither
// a dot, a blank nor a hyphen, ends with neither a dot nor a blank, and has at most 180 bytes, the
// extension kept. Never empty: "file".
std::string safe_file_name(std::string_view name);

// "name (2).ext" of "name.ext" and 2; the name itself for 0 and 1.
std::string numbered_name(const std::string& name, unsigned number);

}  // namespace commd::disk
