// The value of a WWW-Authenticate or Proxy-Authenticate header field, parsed
// strictly and within bounds (RFC 7616 section 3.3, RFC 8760, RFC 3261 section
// 25.1). Pure; any thread. What comes in is hostile.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "daemon/base/result.h"

namespace commd::sip {

// In order of strength.
enum class DigestAlgorithm { md5, md5_sess, sha_256, sha_256_sess, sha_512_256, sha_512_256_sess };

// As written in the algorithm parameter: "MD5", "SHA-256-sess" ...
const char* to_string(DigestAlgorithm algorithm);
// Neither MD5 nor a variant of it.
bool is_strong(DigestAlgorithm algorithm);
bool is_session(DigestAlgorithm algorithm);

enum class Stale { no, yes };

struct DigestChallenge {
  std::string realm;  // all strings without quotes and escapes
  std::string nonce;
  std::optional<std::string> opaque;
  DigestAlgorithm algorithm = DigestAlgorithm::md5;  // where none is named
  bool algorithm_named = false;
  bool qop_auth = false;  // false: none offered (RFC 2069 style)
  bool userhash = false;
  Stale stale = Stale::no;
};

// Errors (invalid_argument): CHALLENGE_MALFORMED; (unimplemented):
// CHALLENGE_UNSUPPORTED for another scheme, algorithm, or auth-int alone.
base::Result<DigestChallenge> parse_challenge(std::string_view value);

}  // namespace commd::sip
