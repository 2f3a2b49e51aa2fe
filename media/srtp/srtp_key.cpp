#include "media/srtp/srtp_key.h"

#include <algorithm>
#include <string>

#include "daemon/base/random.h"

namespace commd::srtp {

namespace {

constexpr std::string_view alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

// The value of a base64 digit, or -1.
int digit_value(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  if (c == '+') return 62;
  if (c == '/') return 63;
  return -1;
}

std::string encode_base64(std::span<const uint8_t> bytes) {
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (size_t at = 0; at < bytes.size(); at += 3) {
    const size_t left = std::min<size_t>(3, bytes.size() - at);
    uint32_t group = static_cast<uint32_t>(bytes[at]) << 16;
    if (left > 1) group |= static_cast<uint32_t>(bytes[at + 1]) << 8;
    if (left > 2) group |= bytes[at + 2];
    text += alphabet[group >> 18];
    text += alphabet[group >> 12 & 63];
    text += left > 1 ? alphabet[group >> 6 & 63] : '=';
    text += left > 2 ? alphabet[group & 63] : '=';
  }
  return text;
}

// Fills `out` exactly, or says false.
bool decode_base64(std::string_view text, std::span<uint8_t> out) {
  if (text.size() != (out.size() + 2) / 3 * 4) return false;
  const size_t padding = (3 - out.size() % 3) % 3;
  for (size_t i = text.size() - padding; i < text.size(); ++i) {
    if (text[i] != '=') return false;
  }
  text.remove_suffix(padding);
  uint32_t bits = 0;
  int held = 0;
  size_t written = 0;
  for (const char c : text) {
    const int value = digit_value(c);
    if (value < 0) return false;
    bits = (bits << 6 | static_cast<uint32_t>(value)) & 0xffff;
    held += 6;
    if (held >= 8) {
      held -= 8;
      out[written++] = static_cast<uint8_t>(bits >> held);
    }
  }
  return written == out.size() && (bits & ((1u << held) - 1)) == 0;
}

}  // namespace

SrtpKey SrtpKey::random(SrtpProfile profile) {
  SrtpKey key(profile);
  base::random_bytes({key.bytes_.data(), key_and_salt_size(profile)});
  return key;
}

std::optional<SrtpKey> SrtpKey::from_bytes(SrtpProfile profile,
                                           std::span<const uint8_t> key_and_salt) {
  if (key_and_salt.size() != key_and_salt_size(profile)) return std::nullopt;
  SrtpKey key(profile);
  std::copy(key_and_salt.begin(), key_and_salt.end(), key.bytes_.begin());
  return key;
}

std::optional<SrtpKey> SrtpKey::from_base64(SrtpProfile profile, std::string_view text) {
  SrtpKey key(profile);
  if (!decode_base64(text, {key.bytes_.data(), key_and_salt_size(profile)})) return std::nullopt;
  return key;
}

base::Secret SrtpKey::base64() const {
  std::string text = encode_base64(reveal());
  return base::Secret::take(text);
}

bool operator==(const SrtpKey& a, const SrtpKey& b) {
  if (a.profile_ != b.profile_) return false;
  unsigned difference = 0;
  for (size_t i = 0; i < a.bytes_.size(); ++i) difference |= a.bytes_[i] ^ b.bytes_[i];
  return difference == 0;
}

}  // namespace commd::srtp
