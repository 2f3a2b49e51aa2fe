// Which of the machine's addresses reaches another one. Asks the kernel's routing
// table by connecting a UDP socket; nothing is sent. Any thread; a few microseconds.
#pragma once

#include <string>

namespace commd::net {

// Empty: there is no route, or `ip` is no literal.
std::string local_address_towards(const std::string& ip);

}  // namespace commd::net
