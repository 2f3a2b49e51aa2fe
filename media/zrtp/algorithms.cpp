#include "media/zrtp/algorithms.h"

#include <algorithm>
#include <array>

namespace commd::zrtp {
namespace {

constexpr std::array ciphers{Cipher::aes3, Cipher::aes1};
constexpr std::array tags{AuthTag::hs80, AuthTag::hs32};
constexpr std::array agreements{KeyAgreement::x25519, KeyAgreement::x448, KeyAgreement::dh3k};

template <class All>
auto by_name(const All& all, std::string_view name) -> std::optional<typename All::value_type> {
  const auto found = std::ranges::find_if(all, [&](auto one) { return wire_name(one) == name; });
  if (found == all.end()) return std::nullopt;
  return *found;
}

template <class T>
bool has(const std::vector<T>& list, T item) {
  return std::ranges::find(list, item) != list.end();
}

// The first of `mine` that the other end knows, too.
template <class T>
T first_common(const std::vector<T>& mine, const std::vector<T>& theirs, T otherwise) {
  for (const T item : mine)
    if (has(theirs, item)) return item;
  return otherwise;
}

}  // namespace

std::string_view wire_name(Cipher cipher) {
  switch (cipher) {
    case Cipher::aes3:
      return "AES3";
    case Cipher::aes1:
      return "AES1";
  }
  return "";
}

std::string_view wire_name(AuthTag tag) {
  switch (tag) {
    case AuthTag::hs80:
      return "HS80";
    case AuthTag::hs32:
      return "HS32";
  }
  return "";
}

std::string_view wire_name(KeyAgreement agreement) {
  switch (agreement) {
    case KeyAgreement::x25519:
      return "X255";
    case KeyAgreement::x448:
      return "X448";
    case KeyAgreement::dh3k:
      return "DH3k";
  }
  return "";
}

std::optional<Cipher> cipher_of(std::string_view name) { return by_name(ciphers, name); }
std::optional<AuthTag> auth_tag_of(std::string_view name) { return by_name(tags, name); }
std::optional<KeyAgreement> key_agreement_of(std::string_view name) {
  return by_name(agreements, name);
}

size_t public_value_size(KeyAgreement agreement) {
  switch (agreement) {
    case KeyAgreement::x25519:
      return 32;
    case KeyAgreement::x448:
      return 56;
    case KeyAgreement::dh3k:
      return 384;
  }
  return 0;
}

size_t key_size(Cipher cipher) { return cipher == Cipher::aes3 ? 32 : 16; }

srtp::SrtpProfile profile_of(Cipher cipher, AuthTag tag) {
  using srtp::SrtpProfile;
  if (cipher == Cipher::aes3)
    return tag == AuthTag::hs80 ? SrtpProfile::aes_256_cm_hmac_sha1_80
                                : SrtpProfile::aes_256_cm_hmac_sha1_32;
  return tag == AuthTag::hs80 ? SrtpProfile::aes_cm_128_hmac_sha1_80
                              : SrtpProfile::aes_cm_128_hmac_sha1_32;
}

Choice choose(const Offered& own, const Offered& peer) {
  Choice choice;
  choice.cipher = first_common(own.ciphers, peer.ciphers, Cipher::aes1);
  choice.tag = first_common(own.tags, peer.tags, AuthTag::hs80);
  choice.agreement = std::min(first_common(own.agreements, peer.agreements, KeyAgreement::dh3k),
                              first_common(peer.agreements, own.agreements, KeyAgreement::dh3k));
  return choice;
}

bool allows(const Offered& offered, const Choice& choice) {
  return has(offered.ciphers, choice.cipher) && has(offered.tags, choice.tag) &&
         has(offered.agreements, choice.agreement);
}

}  // namespace commd::zrtp
