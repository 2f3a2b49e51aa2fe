#include "daemon/xmpp/crypto.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>
#include <cstdlib>

namespace commd::xmpp {
namespace {

constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

const EVP_MD* algorithm(Hash hash) {
  switch (hash) {
    case Hash::sha1:
      return EVP_sha1();
    case Hash::sha256:
      return EVP_sha256();
    case Hash::sha512:
      return EVP_sha512();
  }
  return EVP_sha256();
}

using Buffer = std::array<unsigned char, EVP_MAX_MD_SIZE>;

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

std::string_view view(const Buffer& buffer, size_t size) {
  return {reinterpret_cast<const char*>(buffer.data()), size};
}

// These fail for want of memory alone; to go on with half a key would be worse.
void require(bool done) {
  if (!done) std::abort();
}

base::Secret take(Buffer& buffer, size_t size) {
  base::Secret secret(view(buffer, size));
  base::wipe_memory(buffer.data(), buffer.size());
  return secret;
}

int value_of(char c) {
  const size_t at = kAlphabet.find(c);
  return at == kAlphabet.npos ? -1 : static_cast<int>(at);
}

}  // namespace

size_t size_of(Hash hash) { return static_cast<size_t>(EVP_MD_get_size(algorithm(hash))); }

std::string digest(Hash hash, std::string_view data) {
  Buffer out{};
  unsigned size = 0;
  require(EVP_Digest(data.data(), data.size(), out.data(), &size, algorithm(hash), nullptr) == 1);
  return std::string(view(out, size));
}

base::Secret hmac(Hash hash, std::string_view key, std::string_view data) {
  Buffer out{};
  unsigned size = 0;
  require(HMAC(algorithm(hash), key.data(), static_cast<int>(key.size()), bytes_of(data),
               data.size(), out.data(), &size) != nullptr);
  return take(out, size);
}

base::Secret pbkdf2(Hash hash, std::string_view password, std::string_view salt,
                    uint32_t iterations) {
  Buffer out{};
  const size_t size = size_of(hash);
  require(PKCS5_PBKDF2_HMAC(password.data(), static_cast<int>(password.size()), bytes_of(salt),
                            static_cast<int>(salt.size()), static_cast<int>(iterations),
                            algorithm(hash), static_cast<int>(size), out.data()) == 1);
  return take(out, size);
}

bool same_bytes(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::string to_hex(std::string_view bytes) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string hex;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    hex += digits[byte >> 4];
    hex += digits[byte & 15];
  }
  return hex;
}

std::string base64_encode(std::string_view bytes) {
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (size_t at = 0; at < bytes.size(); at += 3) {
    uint32_t group = 0;
    const size_t count = std::min<size_t>(3, bytes.size() - at);
    for (size_t i = 0; i < 3; ++i)
      group = group << 8 | (i < count ? static_cast<unsigned char>(bytes[at + i]) : 0U);
    for (size_t i = 0; i < 4; ++i) text += i <= count ? kAlphabet[group >> (18 - 6 * i) & 63] : '=';
  }
  return text;
}

std::optional<std::string> base64_decode(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  const size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
  std::string bytes;
  bytes.reserve(text.size() / 4 * 3);
  for (size_t at = 0; at < text.size(); at += 4) {
    const bool last = at + 4 == text.size();
    const size_t count = last ? 4 - padding : 4;
    uint32_t group = 0;
    for (size_t i = 0; i < 4; ++i) {
      const int value = i < count ? value_of(text[at + i]) : 0;
      if (value < 0) return std::nullopt;
      group = group << 6 | static_cast<uint32_t>(value);
    }
    // Bits that no octet takes must be zero, or two texts would mean the same.
    if (count < 4 && (group & (count == 3 ? 0xffU : 0xffffU)) != 0) return std::nullopt;
    for (size_t i = 0; i + 1 < count; ++i) bytes += static_cast<char>(group >> (16 - 8 * i) & 255);
  }
  return bytes;
}

}  // namespace commd::xmpp
