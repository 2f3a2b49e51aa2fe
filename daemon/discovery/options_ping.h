// A SIP OPTIONS request for one question, whether anybody there speaks SIP, and what counts
// as an answer (RFC 3261 sections 7 and 11). Pure; any thread.
#pragma once

#include <string>
#include <string_view>

#include "daemon/net/address.h"

namespace commd::discovery {

// From `local` to `remote`, over UDP; `token`: random letters and digits.
std::string options_ping(const std::string& domain, const net::Endpoint& local,
                         const std::string& token);

// Any SIP response, whatever its status: somebody is there. Hostile.
bool is_sip_response(std::string_view datagram);

}  // namespace commd::discovery
