// The routers of this machine's default routes, IPv4. Any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace commd::upnp {

// Of /proc/net/route, each once; literals. Pure.
std::vector<std::string> gateways_in(std::string_view routes);
std::vector<std::string> default_gateways();

// 10/8, 172.16/12, 192.168/16: whoever has such an address is behind a router (RFC 1918); the
// far side of one that has such an address itself is not where others are. The same holds of
// 100.64/10 (RFC 6598).
bool is_private(std::string_view ip);

}  // namespace commd::upnp
