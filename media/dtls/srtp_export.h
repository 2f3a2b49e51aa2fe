// SRTP keys out of a finished handshake (RFC 5764, section 4), for this room.
#pragma once

#include <openssl/ssl.h>

#include <optional>
#include <span>
#include <string>

#include "media/dtls/dtls_association.h"
#include "media/srtp/srtp_profile.h"

namespace commd::dtls {

// OpenSSL's list, "SRTP_AEAD_AES_128_GCM:SRTP_AES128_CM_SHA1_80". Empty if one of
// `profiles` has no number in RFC 5764's registry, or none is given.
std::string profile_list(std::span<const srtp::SrtpProfile> profiles);

// What was negotiated; empty if nothing was.
std::optional<srtp::SrtpProfile> negotiated_profile(SSL* ssl);

// The keys of both directions, seen by `role`. Empty only if OpenSSL fails.
std::optional<SrtpKeys> export_keys(SSL* ssl, srtp::SrtpProfile profile, DtlsRole role);

}  // namespace commd::dtls
