// The key parameters of a crypto attribute (RFC 4568, 6.1), with which SDES
// hands an SRTP key over in the signalling:
//
//   inline:<base64 of key and salt>[|lifetime][|MKI:length]
//
// One key only. A master key identifier is refused (reason MKI_UNSUPPORTED):
// commd uses one key a direction, and a peer that offers an identifier nearly
// always offers the suite without one too. Pure functions; any thread.
#pragma once

#include <cstdint>
#include <string_view>

#include "daemon/base/result.h"
#include "daemon/base/secret.h"
#include "media/srtp/srtp_key.h"

namespace commd::srtp {

// RFC 3711, 9.2: a key protects at most 2^48 packets.
inline constexpr uint64_t max_key_lifetime = uint64_t{1} << 48;

struct KeyParams {
  SrtpKey key;
  // Packets this key may protect. It binds the side that sends with the key.
  uint64_t lifetime = max_key_lifetime;
};

// Strict and bounded (256 characters). The keyword's case does not matter, a
// lifetime is "2^n" (n <= 48) or a number from 1 to 2^48 without leading zeros.
// Errors are invalid_argument with reasons INLINE_KEY_INVALID,
// KEY_LIFETIME_INVALID or MKI_UNSUPPORTED; they never quote the text.
base::Result<KeyParams> parse_key_params(SrtpProfile profile, std::string_view text);

// A lifetime of 2^48 is the default and is not printed.
base::Secret print_key_params(const KeyParams& params);

}  // namespace commd::srtp
