#include "daemon/api/resume_token.h"

#include <charconv>
#include <system_error>

namespace commd::api {

std::string make_resume_token(const std::string& log_id, uint64_t sequence) {
  return log_id + "." + std::to_string(sequence);
}

base::Result<uint64_t> parse_resume_token(std::string_view token, const std::string& log_id) {
  const size_t dot = token.rfind('.');
  uint64_t sequence = 0;
  const bool shaped = dot != std::string_view::npos && token.size() <= 128;
  const char* end = token.data() + token.size();
  const auto read = shaped ? std::from_chars(token.data() + dot + 1, end, sequence)
                           : std::from_chars_result{token.data(), std::errc::invalid_argument};
  if (read.ec != std::errc{} || read.ptr != end)
    return base::fail(base::invalid_argument(
        "resume_token", "this is no resume token; use one of a watch response, or none"));
  if (token.substr(0, dot) != log_id)
    return base::fail(base::Code::out_of_range, "RESUME_TOKEN_EXPIRED",
                      "the token is of another event log; watch again without a token");
  return sequence;
}

}  // namespace commd::api
