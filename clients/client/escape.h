// Text from the network made safe for a terminal, and its width there. Linear
// time. Pure functions; any thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace commd::client {

// One printable line: controls (C0, DEL, C1), line and paragraph separators and the
// bidirectional and invisible formatting characters become \n, \t, \xNN or
// \u{NNNN}; ill-formed UTF-8 becomes U+FFFD. Everything else stays.
std::string escape_line(std::string_view text);

// Whether all of it is well-formed UTF-8 (RFC 3629), as the API wants text.
bool is_utf8(std::string_view text);

// Columns that escaped text takes in a terminal: 0 for combining marks, 2 for wide
// characters and emoji, else 1.
size_t display_width(std::string_view text);

// At most `columns` columns of escaped text; what is cut off is replaced by one
// ellipsis.
std::string clip(std::string_view text, size_t columns);

}  // namespace commd::client
