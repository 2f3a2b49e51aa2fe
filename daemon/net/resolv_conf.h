// resolv.conf(5): which name servers there are. Pure; any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "daemon/net/address.h"

namespace commd::net {

struct ResolvConf {
  std::vector<Endpoint> servers;    // at least one: without a line it is 127.0.0.1
  std::vector<std::string> search;  // domains tried for names of one label
};

// At most 4 servers and 8 domains; the last of `search` and `domain` counts. A server may
// have a port, as in "[127.0.0.1]:5353", or all have that of a line "port 5353". Lines that make no
// sense are passed over.
ResolvConf parse_resolv_conf(std::string_view text);

}  // namespace commd::net
