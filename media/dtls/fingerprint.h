// The hash of a certificate, by which the signalling says who the far end of a
// DTLS association is (RFC 8122, section 5; XEP-0320). Values; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "daemon/base/result.h"

namespace commd::dtls {

// In order of strength. MD5 and SHA-1 are refused (RFC 8122, section 5; RFC 8827,
// section 6.5): they prove nothing.
enum class HashFunction { sha_256, sha_384, sha_512 };

// As registered by RFC 8122: "sha-256".
std::string_view hash_name(HashFunction hash);
// In octets.
size_t hash_size(HashFunction hash);

struct Fingerprint {
  HashFunction hash = HashFunction::sha_256;
  std::vector<uint8_t> bytes;  // hash_size(hash) octets

  friend bool operator==(const Fingerprint&, const Fingerprint&) = default;
};

// What a description carries, checked. The name's case does not matter. Errors are
// invalid_argument: FINGERPRINT_HASH_WEAK (md2, md5, sha-1), FINGERPRINT_HASH_UNKNOWN
// (also sha-224, which nobody uses), FINGERPRINT_INVALID (the length is not the
// hash's).
base::Result<Fingerprint> make_fingerprint(std::string_view name, std::span<const uint8_t> bytes);

}  // namespace commd::dtls
