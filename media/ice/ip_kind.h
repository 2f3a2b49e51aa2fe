// What kind of an address an IP literal is, as far as ICE cares. Pure; any thread.
#pragma once

#include <string_view>

#include "daemon/model/media_address.h"

namespace commd::ice {

enum class IpKind {
  none,        // no literal of IPv4 or IPv6
  unicast,     // may be sent to
  loopback,    // 127.0.0.0/8, ::1
  link_local,  // 169.254.0.0/16, fe80::/10
  forbidden,   // unspecified, multicast, broadcast, reserved, IPv4 in IPv6
};

IpKind kind_of(std::string_view ip);
using model::is_ipv6;

}  // namespace commd::ice
