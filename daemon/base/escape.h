// Text from the network made safe to print or to log. The model keeps text as it
// came (valid UTF-8); escaping is done at the door where it is shown.
// Pure functions; any thread.
#pragma once

#include <string>
#include <string_view>

namespace commd::base {

// Valid UTF-8 of `text`: each maximal ill-formed sequence becomes U+FFFD
// (Unicode 15, section 3.9).
std::string to_valid_utf8(std::string_view text);
bool is_valid_utf8(std::string_view text);

// One printable line: C0, DEL, C1, U+2028, U+2029 and the bidirectional controls
// (U+200E, U+200F, U+061C, U+202A..U+202E, U+2066..U+2069) become \n, \t, \xNN or
// \u{NNNN}; a backslash is doubled. Ill-formed bytes become U+FFFD.
std::string escape_line(std::string_view text);

// The same, but a backslash stays as it is: for text whose foreign parts went
// through escape_line already (the last door before a log).
std::string escape_controls(std::string_view text);

// The inside of a JSON string (RFC 8259, section 7), without the quotes. Besides
// what JSON asks for, everything that escape_line escapes becomes \uNNNN.
std::string escape_json(std::string_view text);

}  // namespace commd::base
