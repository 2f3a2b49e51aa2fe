// The certificate of an account's server: tls.certificate. Connects as the account does, and hangs
// up after the handshake. Thread of the io_context.
#pragma once

#include <string>

#include "daemon/probe/name_check.h"

namespace commd::probe {

// Tells one check by `each`, then `done`. Within 8 s.
[[nodiscard]] net::OperationHandle check_certificate(const Surroundings& around,
                                                     const ServerPlan& plan, const Subject& subject,
                                                     const std::string& ca_file, Each each,
                                                     Done done);

}  // namespace commd::probe
