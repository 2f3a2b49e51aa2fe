// Which of the machine's addresses reaches another one. Asks the kernel's routing
// table by connecting a UDP socket; nothing is sent. Any thread; a few microseconds.
#pragma once

#include <string>

namespace commd::sip {

// Empty: there is no route, or `ip` is no literal.
std::string local_address_towards(const std::string& ip);
bool is_loopback(const std::string& ip);
// A display name as a quoted-string of a header (RFC 3261 section 25.1).
std::string quoted_display(const std::string& name);

}  // namespace commd::sip
