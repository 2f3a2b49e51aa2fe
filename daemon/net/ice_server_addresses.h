// The addresses of STUN and TURN servers that are known by name.
//
// The thread of the io_context.
#pragma once

#include <functional>
#include <vector>

#include "daemon/model/ice_server.h"
#include "daemon/net/operation.h"
#include "daemon/net/resolver.h"

namespace commd::net {

// At most so many are looked up; the others are left out.
inline constexpr size_t most_servers_looked_up = 16;

// Each server with its first address of each IP version as `host`, in the order in which
// they came, and none of those that have no address. Never an error: a call does with what
// there is. `done` as of every Operation.
[[nodiscard]] OperationHandle find_ice_servers(
    boost::asio::io_context& context, Resolver& resolver, std::vector<model::IceServer> servers,
    std::function<void(std::vector<model::IceServer>)> done);

}  // namespace commd::net
