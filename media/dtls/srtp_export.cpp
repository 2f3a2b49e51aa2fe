#include "media/dtls/srtp_export.h"

#include <openssl/srtp.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "daemon/base/secret.h"

namespace commd::dtls {

namespace {

using srtp::SrtpProfile;

constexpr std::string_view label = "EXTRACTOR-dtls_srtp";  // RFC 5764, section 4.2

struct Registered {
  SrtpProfile profile;
  unsigned long number;
  const char* name;
};
// RFC 5764, section 4.1.2, and RFC 7714, section 14.2. AES-256 in counter mode never
// got a number.
constexpr std::array registered{
    Registered{SrtpProfile::aead_aes_128_gcm, SRTP_AEAD_AES_128_GCM, "SRTP_AEAD_AES_128_GCM"},
    Registered{SrtpProfile::aead_aes_256_gcm, SRTP_AEAD_AES_256_GCM, "SRTP_AEAD_AES_256_GCM"},
    Registered{SrtpProfile::aes_cm_128_hmac_sha1_80, SRTP_AES128_CM_SHA1_80,
               "SRTP_AES128_CM_SHA1_80"},
    Registered{SrtpProfile::aes_cm_128_hmac_sha1_32, SRTP_AES128_CM_SHA1_32,
               "SRTP_AES128_CM_SHA1_32"},
};

// A key and its salt, which lie apart.
std::optional<srtp::SrtpKey> join(SrtpProfile profile, const uint8_t* key, const uint8_t* salt) {
  std::array<uint8_t, srtp::max_key_and_salt_size> both{};
  const size_t key_size = srtp::master_key_size(profile);
  std::copy_n(key, key_size, both.begin());
  std::copy_n(salt, srtp::master_salt_size(profile), both.begin() + static_cast<long>(key_size));
  auto joined = srtp::SrtpKey::from_bytes(
      profile, std::span<const uint8_t>(both).first(srtp::key_and_salt_size(profile)));
  base::wipe_memory(both.data(), both.size());
  return joined;
}

}  // namespace

std::string profile_list(std::span<const SrtpProfile> profiles) {
  std::string list;
  for (const SrtpProfile profile : profiles) {
    const auto found = std::find_if(registered.begin(), registered.end(),
                                    [&](const auto& one) { return one.profile == profile; });
    if (found == registered.end()) return {};
    if (!list.empty()) list += ':';
    list += found->name;
  }
  return list;
}

std::optional<SrtpProfile> negotiated_profile(SSL* ssl) {
  const SRTP_PROTECTION_PROFILE* selected = SSL_get_selected_srtp_profile(ssl);
  if (selected == nullptr) return std::nullopt;
  const auto found = std::find_if(registered.begin(), registered.end(),
                                  [&](const auto& one) { return one.number == selected->id; });
  if (found == registered.end()) return std::nullopt;
  return found->profile;
}

std::optional<SrtpKeys> export_keys(SSL* ssl, SrtpProfile profile, DtlsRole role) {
  const size_t key = srtp::master_key_size(profile);
  const size_t salt = srtp::master_salt_size(profile);
  // Client's key, server's key, client's salt, server's salt.
  std::array<uint8_t, 2 * srtp::max_key_and_salt_size> material{};
  const bool done = SSL_export_keying_material(ssl, material.data(), 2 * (key + salt), label.data(),
                                               label.size(), nullptr, 0, 0) == 1;
  std::optional<SrtpKeys> keys;
  if (done) {
    const uint8_t* at = material.data();
    const auto client = join(profile, at, at + 2 * key);
    const auto server = join(profile, at + key, at + 2 * key + salt);
    const bool active = role == DtlsRole::active;
    if (client && server) {
      keys = SrtpKeys{active ? *client : *server, active ? *server : *client};
    }
  }
  base::wipe_memory(material.data(), material.size());
  return keys;
}

}  // namespace commd::dtls
