// The primitives that ZRTP is made of, by OpenSSL. Any thread. Where OpenSSL fails for
// want of memory the program ends: half a key is none.
#pragma once

#include <initializer_list>
#include <memory>
#include <optional>
#include <string_view>

#include "media/zrtp/algorithms.h"
#include "media/zrtp/octets.h"

namespace commd::zrtp {

using Digest = Octets<32>;

// Of all the parts, one after another.
Digest sha256(std::initializer_list<View> parts);
Digest hmac(View key, std::initializer_list<View> parts);
// Its first 64 bits.
Mac short_mac(View key, View message);
// RFC 6189, section 4.5.1; at most 32 octets.
SecretBytes derive(View key, std::string_view label, View context, size_t octets);
// Constant time; false where the lengths differ.
bool equal(View a, View b);

// AES in cipher feedback mode, of 128 bits; the key has 16 or 32 octets, `out` is as
// long as `in`.
void encrypt(View key, const Octets<16>& iv, View in, std::span<uint8_t> out);
void decrypt(View key, const Octets<16>& iv, View in, std::span<uint8_t> out);

// One end's part of a key agreement, used once.
class KeyPair {
 public:
  // The secret exponent of DH3k is twice as long as the cipher's key (section 4.4.1.1).
  static KeyPair generate(KeyAgreement agreement, Cipher cipher);

  KeyPair(KeyPair&&) noexcept;
  KeyPair& operator=(KeyPair&&) noexcept;
  ~KeyPair();

  KeyAgreement agreement() const;
  const Bytes& public_value() const;
  // Empty where the far end's value is none that an honest one sends: of another size,
  // 0, 1 or p-1 and beyond (section 4.4.1.2), a point of small order (RFC 7748, 6.1).
  std::optional<SecretBytes> agree(View peer) const;

 private:
  struct Parts;
  explicit KeyPair(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace commd::zrtp
