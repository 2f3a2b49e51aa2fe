// Fingerprints of OpenSSL's certificates, for this room. Any thread.
#pragma once

#include <openssl/x509.h>

#include <span>

#include "media/dtls/fingerprint.h"

namespace commd::dtls {

Fingerprint fingerprint_of(const X509* certificate, HashFunction hash);

// Whether the certificate is one of those that the signalling announced. Of several
// fingerprints those of the strongest hash count (RFC 8122, section 5). Constant time
// for fingerprints of one hash.
bool matches(const X509* certificate, std::span<const Fingerprint> expected);

}  // namespace commd::dtls
