#include "daemon/probe/stun_proof.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>
#include <new>

#include "daemon/probe/stun_message.h"

namespace commd::probe {
namespace {

constexpr uint32_t fingerprint_mask = 0x5354554E;  // "STUN"
constexpr uint32_t crc_polynomial = 0xEDB88320;    // ITU V.42, reversed

const unsigned char* octets(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

}  // namespace

std::string proof_of(std::string_view message, const base::Secret& key) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> out{};
  unsigned length = 0;
  if (HMAC(EVP_sha1(), key.reveal().data(), static_cast<int>(key.reveal().size()), octets(message),
           message.size(), out.data(), &length) == nullptr)
    throw std::bad_alloc();
  return {reinterpret_cast<const char*>(out.data()), length};
}

bool same_bytes(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

uint32_t fingerprint_of(std::string_view message) {
  uint32_t crc = 0xFFFFFFFF;
  for (const char each : message) {
    crc ^= static_cast<uint8_t>(each);
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ ((crc & 1) != 0 ? crc_polynomial : 0);
  }
  return ~crc ^ fingerprint_mask;
}

base::Secret long_term_key(std::string_view user, std::string_view realm,
                           const base::Secret& password) {
  std::string text;
  text.reserve(user.size() + realm.size() + password.reveal().size() + 2);
  text.append(user).append(":").append(realm).append(":").append(password.reveal());
  std::array<unsigned char, EVP_MAX_MD_SIZE> out{};
  unsigned length = 0;
  const int done = EVP_Digest(text.data(), text.size(), out.data(), &length, EVP_md5(), nullptr);
  base::wipe_memory(text.data(), text.size());
  if (done != 1) throw std::bad_alloc();
  base::Secret key(std::string_view(reinterpret_cast<const char*>(out.data()), length));
  base::wipe_memory(out.data(), out.size());
  return key;
}

}  // namespace commd::probe
