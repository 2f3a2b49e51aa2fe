// Small tools of addresses in SIP. Pure; any thread.
#pragma once

#include <string>

namespace commd::sip {

bool is_loopback(const std::string& ip);
// A display name as a quoted-string of a header (RFC 3261 section 25.1).
std::string quoted_display(const std::string& name);

}  // namespace commd::sip
