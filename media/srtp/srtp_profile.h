// The SRTP protection profiles commd speaks, with their names and key sizes.
// Pure functions; any thread.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

namespace commd::srtp {

// In no order of preference: that is policy, and belongs to the negotiation.
enum class SrtpProfile {
  aes_cm_128_hmac_sha1_80,  // RFC 4568, 6.2.1; every implementation has it
  aes_cm_128_hmac_sha1_32,  // RFC 4568, 6.2.2; SRTCP still carries an 80 bit tag
  aes_256_cm_hmac_sha1_80,  // RFC 6188
  aes_256_cm_hmac_sha1_32,  // RFC 6188; SRTCP as above. ZRTP may agree on it
  aead_aes_128_gcm,         // RFC 7714, 16 octet tag
  aead_aes_256_gcm,         // RFC 7714, 16 octet tag
};

inline constexpr std::array all_srtp_profiles{
    SrtpProfile::aes_cm_128_hmac_sha1_80, SrtpProfile::aes_cm_128_hmac_sha1_32,
    SrtpProfile::aes_256_cm_hmac_sha1_80, SrtpProfile::aes_256_cm_hmac_sha1_32,
    SrtpProfile::aead_aes_128_gcm,        SrtpProfile::aead_aes_256_gcm};

// Largest key and salt of any profile, in octets.
inline constexpr size_t max_key_and_salt_size = 46;

// The crypto suite's name in the IANA registry of RFC 4568, for example
// "AES_CM_128_HMAC_SHA1_80".
std::string_view suite_name(SrtpProfile profile);

// The profile of a suite name; case matters (RFC 4568, 9.2). Empty if unknown.
std::optional<SrtpProfile> profile_of_suite(std::string_view name);

// Sizes in octets.
size_t master_key_size(SrtpProfile profile);
size_t master_salt_size(SrtpProfile profile);
inline size_t key_and_salt_size(SrtpProfile profile) {
  return master_key_size(profile) + master_salt_size(profile);
}

// What protect() adds to a packet, in octets.
size_t rtp_overhead(SrtpProfile profile);
size_t rtcp_overhead(SrtpProfile profile);

}  // namespace commd::srtp
