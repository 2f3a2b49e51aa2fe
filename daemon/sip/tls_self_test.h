// Proves once, before TLS is used, that the corrections of sofia_hooks.h are in
// force in this very program: a handshake through sofia-sip's transport with an
// in-process server must fail when the certificate is for another name, and end
// well when it is for this one.
#pragma once

#include "daemon/base/result.h"

namespace commd::sip {

// SIP thread only; blocks it for a few milliseconds, the first time (later calls
// give the first one's result). Error TLS_UNSAFE (internal).
base::Result<void> tls_self_test();

}  // namespace commd::sip
