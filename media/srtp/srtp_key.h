// A master key with its master salt, for one profile and one direction.
//
// A value: copying copies the key. Its memory is wiped when it goes. Not shared
// between threads while it changes.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "daemon/base/secret.h"
#include "media/srtp/srtp_profile.h"

namespace commd::srtp {

class SrtpKey {
 public:
  // A fresh key and salt from the kernel's generator.
  static SrtpKey random(SrtpProfile profile);

  // Key followed by salt, as key agreements hand them out. Empty unless the size
  // is exactly key_and_salt_size(profile).
  static std::optional<SrtpKey> from_bytes(SrtpProfile profile,
                                           std::span<const uint8_t> key_and_salt);

  // RFC 4568, 6.1: base64 of key and salt with padding. Empty on any character
  // out of the alphabet, a wrong size, wrong padding or non-zero spare bits.
  static std::optional<SrtpKey> from_base64(SrtpProfile profile, std::string_view text);

  SrtpKey(const SrtpKey&) = default;
  SrtpKey& operator=(const SrtpKey&) = default;
  ~SrtpKey() { base::wipe_memory(bytes_.data(), bytes_.size()); }

  SrtpProfile profile() const { return profile_; }
  // Key, then salt.
  std::span<const uint8_t> reveal() const { return {bytes_.data(), key_and_salt_size(profile_)}; }
  base::Secret base64() const;

  // Constant time. Tells a renegotiation that keeps its key (keep the session,
  // with its roll-over counters) from one that changes it (make a new session).
  friend bool operator==(const SrtpKey& a, const SrtpKey& b);

 private:
  explicit SrtpKey(SrtpProfile profile) : profile_(profile) {}

  SrtpProfile profile_;
  std::array<uint8_t, max_key_and_salt_size> bytes_{};
};

}  // namespace commd::srtp
