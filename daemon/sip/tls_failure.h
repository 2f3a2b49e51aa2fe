// The words of refused TLS are those of daemon/net, for every protocol alike.
#pragma once

#include "daemon/net/tls_failure.h"

namespace commd::sip {

using net::CertificateFacts;
using net::describe;
using net::kind_of_error;
using net::kind_of_verify_error;
using net::tls_reason;
using net::TlsFailure;
using net::TlsFailureKind;
using net::to_string;

}  // namespace commd::sip
