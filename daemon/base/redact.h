// Protocol text made fit for a log: what authenticates or decrypts is replaced
// by "[redacted]". Pure; any thread.
#pragma once

#include <string>
#include <string_view>

namespace commd::base {

// SIP and SDP text: the values of Authorization, Proxy-Authorization,
// Authentication-Info, WWW-/Proxy-Authenticate nonces, a=crypto keys, a=ice-pwd,
// a=key-mgmt, k= and passwords in SIP URIs. The line structure is kept, except
// that a folded secret becomes one line.
std::string redact_sip(std::string_view message);

}  // namespace commd::base
