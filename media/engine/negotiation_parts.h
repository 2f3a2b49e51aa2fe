// What the files of the negotiation share. Internal to this room; pure functions.
#pragma once

#include <string>

#include "daemon/base/result.h"
#include "media/engine/negotiation.h"

namespace commd::engine {

base::Error incompatible(std::string message);
base::Error encryption_required(std::string message);

// Our crypto attribute (RFC 4568).
model::SdesKey to_line(uint32_t tag, const srtp::KeyParams& params);
// How a role is said in an answer (RFC 4145).
model::DtlsParameters::Setup setup_of(DtlsPlan::Role role);

}  // namespace commd::engine
