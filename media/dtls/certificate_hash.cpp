#include "media/dtls/certificate_hash.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <algorithm>

namespace commd::dtls {

namespace {

const EVP_MD* digest_of(HashFunction hash) {
  switch (hash) {
    case HashFunction::sha_256:
      return EVP_sha256();
    case HashFunction::sha_384:
      return EVP_sha384();
    case HashFunction::sha_512:
      return EVP_sha512();
  }
  return nullptr;
}

}  // namespace

Fingerprint fingerprint_of(const X509* certificate, HashFunction hash) {
  Fingerprint result{hash, std::vector<uint8_t>(hash_size(hash))};
  unsigned size = 0;
  if (X509_digest(certificate, digest_of(hash), result.bytes.data(), &size) != 1) size = 0;
  result.bytes.resize(size);
  return result;
}

bool matches(const X509* certificate, std::span<const Fingerprint> expected) {
  if (expected.empty()) return false;
  const HashFunction strongest =
      std::max_element(expected.begin(), expected.end(), [](const auto& a, const auto& b) {
        return a.hash < b.hash;
      })->hash;
  const Fingerprint real = fingerprint_of(certificate, strongest);
  bool found = false;
  for (const Fingerprint& one : expected) {
    if (one.hash != strongest || one.bytes.size() != real.bytes.size() || real.bytes.empty()) {
      continue;
    }
    found |= CRYPTO_memcmp(one.bytes.data(), real.bytes.data(), real.bytes.size()) == 0;
  }
  return found;
}

}  // namespace commd::dtls
