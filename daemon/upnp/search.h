// Looking for a router that speaks UPnP: SSDP (UPnP Device Architecture 1.1, section 1.3). Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace commd::upnp {

inline constexpr const char* search_group = "239.255.255.250";
inline constexpr uint16_t search_port = 1900;

// A question for gateways of any version, to that place.
std::string search_request(const std::string& host, uint16_t port);

// Where the description of who has answered is, as it says. Hostile bytes in; nothing: it is no
// answer.
std::optional<std::string> location_in(std::string_view datagram);

}  // namespace commd::upnp
