#include "media/srtp/srtp_profile.h"

namespace commd::srtp {

namespace {

struct Sizes {
  std::string_view name;
  size_t key;
  size_t salt;
  size_t rtp_tag;
  size_t rtcp_tag;
};

Sizes sizes_of(SrtpProfile profile) {
  switch (profile) {
    case SrtpProfile::aes_cm_128_hmac_sha1_80:
      return {"AES_CM_128_HMAC_SHA1_80", 16, 14, 10, 10};
    case SrtpProfile::aes_cm_128_hmac_sha1_32:
      return {"AES_CM_128_HMAC_SHA1_32", 16, 14, 4, 10};
    case SrtpProfile::aes_256_cm_hmac_sha1_80:
      return {"AES_256_CM_HMAC_SHA1_80", 32, 14, 10, 10};
    case SrtpProfile::aes_256_cm_hmac_sha1_32:
      return {"AES_256_CM_HMAC_SHA1_32", 32, 14, 4, 10};
    case SrtpProfile::aead_aes_128_gcm:
      return {"AEAD_AES_128_GCM", 16, 12, 16, 16};
    case SrtpProfile::aead_aes_256_gcm:
      return {"AEAD_AES_256_GCM", 32, 12, 16, 16};
  }
  return {};
}

// The E flag and the SRTCP index (RFC 3711, 3.4).
constexpr size_t srtcp_index_size = 4;

}  // namespace

std::string_view suite_name(SrtpProfile profile) { return sizes_of(profile).name; }

std::optional<SrtpProfile> profile_of_suite(std::string_view name) {
  for (const SrtpProfile profile : all_srtp_profiles) {
    if (suite_name(profile) == name) return profile;
  }
  return std::nullopt;
}

size_t master_key_size(SrtpProfile profile) { return sizes_of(profile).key; }

size_t master_salt_size(SrtpProfile profile) { return sizes_of(profile).salt; }

size_t rtp_overhead(SrtpProfile profile) { return sizes_of(profile).rtp_tag; }

size_t rtcp_overhead(SrtpProfile profile) { return sizes_of(profile).rtcp_tag + srtcp_index_size; }

}  // namespace commd::srtp
