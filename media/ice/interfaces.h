// The addresses of this machine that a far end could be told. Any thread.
#pragma once

#include <string>
#include <vector>

namespace commd::ice {

// IP literals of interfaces that are up: without loopback, and without IPv6's
// link-local ones, which mean nothing without the name of a link. At most `most`.
std::vector<std::string> interface_addresses(size_t most = 32);

}  // namespace commd::ice
