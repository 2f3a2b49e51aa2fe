// The Hello that this end says, and what it says of it in the signalling (RFC 6189, sections
// 5.2 and 8). Values; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "media/zrtp/algorithms.h"
#include "media/zrtp/octets.h"

namespace commd::zrtp {

// By preference.
inline Offered default_offer() {
  return {{Cipher::aes3, Cipher::aes1},
          {AuthTag::hs80, AuthTag::hs32},
          {KeyAgreement::x25519, KeyAgreement::x448, KeyAgreement::dh3k}};
}

// One for all branches of a forked call, as the offer that announces it is one.
class OwnHello {
 public:
  explicit OwnHello(const Zid& zid, Offered offered = default_offer());

  const Zid& zid() const { return zid_; }
  const Offered& offered() const { return offered_; }
  View message() const { return message_; }
  // H0 to H3 (section 9).
  const HashImage& image(size_t index) const { return images_[index]; }
  // Of the message.
  const HashImage& hash() const { return hash_; }
  // As a=zrtp-hash has it: "1.10 " and 64 hexadecimal digits.
  std::string signalled() const;

 private:
  Zid zid_;
  Offered offered_;
  std::array<HashImage, 4> images_{};
  Bytes message_;
  HashImage hash_{};
};

// A new name of an end.
Zid random_zid();

// What the signalling says of the far end's Hello; empty where it is of another version of
// ZRTP or no SHA-256.
std::optional<HashImage> read_signalled_hash(std::string_view text);

}  // namespace commd::zrtp
