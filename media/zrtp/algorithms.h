// What two ends of ZRTP may agree on (RFC 6189, section 5.1), as far as this one knows it.
// The hash is SHA-256 and the short string base 32 throughout. Pure; any thread.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

#include "media/srtp/srtp_profile.h"

namespace commd::zrtp {

enum class Cipher { aes3, aes1 };                // of 256 and 128 bits
enum class AuthTag { hs80, hs32 };               // HMAC-SHA1 of 80 and 32 bits
enum class KeyAgreement { x25519, x448, dh3k };  // by speed, fastest first

// Four octets of a message: "AES3". X25519 and X448 are not the RFC's, but those of the
// Linphone family.
std::string_view wire_name(Cipher cipher);
std::string_view wire_name(AuthTag tag);
std::string_view wire_name(KeyAgreement agreement);
std::optional<Cipher> cipher_of(std::string_view name);
std::optional<AuthTag> auth_tag_of(std::string_view name);
std::optional<KeyAgreement> key_agreement_of(std::string_view name);
inline constexpr std::string_view hash_wire_name = "S256";
inline constexpr std::string_view sas_wire_name = "B32 ";

// In octets.
size_t public_value_size(KeyAgreement agreement);
size_t key_size(Cipher cipher);

srtp::SrtpProfile profile_of(Cipher cipher, AuthTag tag);

// By preference. What the RFC has every end know (AES1, HS32 and HS80, DH3k) is in
// everybody's list, said or not.
struct Offered {
  std::vector<Cipher> ciphers;
  std::vector<AuthTag> tags;
  std::vector<KeyAgreement> agreements;
};

struct Choice {
  Cipher cipher = Cipher::aes1;
  AuthTag tag = AuthTag::hs80;
  KeyAgreement agreement = KeyAgreement::dh3k;

  friend bool operator==(const Choice&, const Choice&) = default;
};

// What the initiator picks (section 4.1.2): of the two ends' first common key agreements
// the faster one; of the rest what it likes best itself.
Choice choose(const Offered& own, const Offered& peer);
bool allows(const Offered& offered, const Choice& choice);

}  // namespace commd::zrtp
