#include "media/dtls/fingerprint.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>

namespace commd::dtls {

namespace {

constexpr std::array all_hashes{HashFunction::sha_256, HashFunction::sha_384,
                                HashFunction::sha_512};
constexpr size_t longest_name = 16;

std::string lower(std::string_view text) {
  std::string copy(text.substr(0, longest_name));
  std::transform(copy.begin(), copy.end(), copy.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return copy;
}

}  // namespace

std::string_view hash_name(HashFunction hash) {
  switch (hash) {
    case HashFunction::sha_256:
      return "sha-256";
    case HashFunction::sha_384:
      return "sha-384";
    case HashFunction::sha_512:
      return "sha-512";
  }
  return "";
}

size_t hash_size(HashFunction hash) {
  switch (hash) {
    case HashFunction::sha_256:
      return 32;
    case HashFunction::sha_384:
      return 48;
    case HashFunction::sha_512:
      return 64;
  }
  return 0;
}

base::Result<Fingerprint> make_fingerprint(std::string_view name, std::span<const uint8_t> bytes) {
  const std::string wanted = lower(name);
  if (wanted == "sha-1" || wanted == "md5" || wanted == "md2") {
    return base::fail(base::Code::invalid_argument, "FINGERPRINT_HASH_WEAK",
                      "the fingerprint is a " + wanted +
                          " hash, which proves nothing; the far end must send sha-256 or better");
  }
  for (const HashFunction hash : all_hashes) {
    if (wanted != hash_name(hash) || name.size() != wanted.size()) continue;
    if (bytes.size() != hash_size(hash)) {
      return base::fail(base::Code::invalid_argument, "FINGERPRINT_INVALID",
                        "a " + wanted + " fingerprint has " + std::to_string(hash_size(hash)) +
                            " octets, this one has " + std::to_string(bytes.size()));
    }
    return Fingerprint{hash, {bytes.begin(), bytes.end()}};
  }
  return base::fail(base::Code::invalid_argument, "FINGERPRINT_HASH_UNKNOWN",
                    "the fingerprint's hash is none of sha-256, sha-384, sha-512");
}

}  // namespace commd::dtls
