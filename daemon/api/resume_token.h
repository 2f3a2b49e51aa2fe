// The opaque position in the event log that a client resumes from: the log's id
// and a sequence number. Pure; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "daemon/base/result.h"

namespace commd::api {

std::string make_resume_token(const std::string& log_id, uint64_t sequence);

// The sequence number in a token of this log. OUT_OF_RANGE, RESUME_TOKEN_EXPIRED
// for a token of another log; INVALID_ARGUMENT for what never was a token.
base::Result<uint64_t> parse_resume_token(std::string_view token, const std::string& log_id);

}  // namespace commd::api
