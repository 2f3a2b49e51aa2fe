// Why a request over TLS got no answer. SIP thread only.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "daemon/base/time.h"
#include "daemon/sip/sip_endpoint.h"
#include "daemon/sip/tls_failure.h"

namespace commd::sip {

// The refusal of the certificate of `host` (no brackets) on that port (0: any, as for a
// server found by DNS) since then; empty if it was not that, or the endpoint has no TLS.
std::optional<TlsFailure> tls_refusal(const SipEndpoint& endpoint, const std::string& host,
                                      uint16_t port, base::MonoTime since);

}  // namespace commd::sip
