#include "media/srtp/key_params.h"

#include <charconv>
#include <optional>
#include <string>

namespace commd::srtp {

namespace {

constexpr std::string_view keyword = "inline:";
constexpr size_t max_text = 256;
constexpr uint64_t max_exponent = 48;

auto refuse(const char* reason, const char* message) {
  return base::fail(base::Code::invalid_argument, reason, message);
}

bool starts_with_keyword(std::string_view text) {
  if (text.size() < keyword.size()) return false;
  for (size_t i = 0; i < keyword.size(); ++i) {
    const char c = text[i];
    const char lower = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    if (lower != keyword[i]) return false;
  }
  return true;
}

std::optional<uint64_t> parse_number(std::string_view text, uint64_t max) {
  if (text.empty() || (text.size() > 1 && text.front() == '0')) return std::nullopt;
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value > max) return std::nullopt;
  return value;
}

std::optional<uint64_t> parse_lifetime(std::string_view text) {
  if (text.starts_with("2^")) {
    const auto exponent = parse_number(text.substr(2), max_exponent);
    if (!exponent) return std::nullopt;
    return uint64_t{1} << *exponent;
  }
  const auto packets = parse_number(text, max_key_lifetime);
  if (!packets || *packets == 0) return std::nullopt;
  return packets;
}

}  // namespace

base::Result<KeyParams> parse_key_params(SrtpProfile profile, std::string_view text) {
  if (text.size() > max_text || !starts_with_keyword(text)) {
    return refuse("INLINE_KEY_INVALID", "the SRTP key parameters are not one inline key");
  }
  text.remove_prefix(keyword.size());
  const size_t key_end = text.find('|');
  auto key = SrtpKey::from_base64(profile, text.substr(0, key_end));
  if (!key) {
    return refuse("INLINE_KEY_INVALID", "the SRTP key is not base64 of the suite's size");
  }
  KeyParams params{*key};
  if (key_end == std::string_view::npos) return params;

  text.remove_prefix(key_end + 1);
  if (text.find(':') != std::string_view::npos) {
    return refuse("MKI_UNSUPPORTED", "SRTP keys with a master key identifier are not supported");
  }
  const auto lifetime = parse_lifetime(text);
  if (!lifetime) {
    return refuse("KEY_LIFETIME_INVALID", "the SRTP key's lifetime is not 1 to 2^48 packets");
  }
  params.lifetime = *lifetime;
  return params;
}

base::Secret print_key_params(const KeyParams& params) {
  const base::Secret key = params.key.base64();
  std::string text;
  text.reserve(max_text);  // so that no half-grown copy of the key stays behind
  text += keyword;
  text += key.reveal();
  if (params.lifetime < max_key_lifetime) {
    text += '|';
    text += std::to_string(params.lifetime);
  }
  return base::Secret::take(text);
}

}  // namespace commd::srtp
