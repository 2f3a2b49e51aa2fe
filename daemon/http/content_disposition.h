// The name that a server gives a file (RFC 6266, RFC 8187). Pure; any thread. Hostile text in;
// what comes out is valid UTF-8 and not safe as a name (disk::safe_file_name).
#pragma once

#include <string>
#include <string_view>

namespace commd::http {

// Of a Content-Disposition field: filename* before filename. Empty: none that can be read.
std::string disposition_name(std::string_view field);

}  // namespace commd::http
