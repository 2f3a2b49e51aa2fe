// "Did you mean ...?" Pure; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace commd::settings {

// The known key most like `name` ("sip.local_prot"): of the same name in another
// section, or a few letters away. Empty when nothing is near.
std::optional<std::string> suggest_key(std::string_view name);
// The same for a section ("sipp").
std::optional<std::string> suggest_section(std::string_view name);

// Levenshtein's distance: insertions, deletions and replacements of bytes.
// O(a*b); callers bound the lengths.
size_t edit_distance(std::string_view a, std::string_view b);

}  // namespace commd::settings
