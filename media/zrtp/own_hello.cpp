#include "media/zrtp/own_hello.h"

#include "daemon/base/random.h"
#include "media/zrtp/crypto.h"
#include "media/zrtp/messages.h"

namespace commd::zrtp {
namespace {

constexpr std::string_view version = "1.10";
constexpr std::string_view digits = "0123456789abcdef";

std::optional<uint8_t> digit_of(char character) {
  if (character >= 'A' && character <= 'F') character = static_cast<char>(character - 'A' + 'a');
  const size_t at = digits.find(character);
  if (at == std::string_view::npos) return std::nullopt;
  return static_cast<uint8_t>(at);
}

}  // namespace

OwnHello::OwnHello(const Zid& zid, Offered offered) : zid_(zid), offered_(std::move(offered)) {
  base::random_bytes(images_[0]);
  for (size_t i = 1; i < images_.size(); ++i) images_[i] = sha256({images_[i - 1]});
  Hello hello;
  hello.version = version;
  hello.client = "commd";
  hello.h3 = images_[3];
  hello.zid = zid_;
  hello.offered = offered_;
  message_ = write_hello(hello);
  const Mac mac = short_mac(images_[2], under_mac(message_));
  std::ranges::copy(mac, message_.end() - static_cast<std::ptrdiff_t>(mac.size()));
  hash_ = sha256({message_});
}

std::string OwnHello::signalled() const {
  std::string text(version);
  text += ' ';
  for (const uint8_t byte : hash_) {
    text += digits[byte >> 4];
    text += digits[byte & 0x0F];
  }
  return text;
}

Zid random_zid() {
  Zid zid{};
  base::random_bytes(zid);
  return zid;
}

// RFC 6189, section 4.1.1: 1.1 with whatever after it is the same protocol.
std::optional<HashImage> read_signalled_hash(std::string_view text) {
  HashImage hash{};
  if (!text.starts_with("1.1") || text.size() != version.size() + 1 + 2 * hash.size())
    return std::nullopt;
  if (text[version.size()] != ' ') return std::nullopt;
  text.remove_prefix(version.size() + 1);
  for (size_t i = 0; i < hash.size(); ++i) {
    const auto high = digit_of(text[2 * i]);
    const auto low = digit_of(text[2 * i + 1]);
    if (!high || !low) return std::nullopt;
    hash[i] = static_cast<uint8_t>(*high << 4 | *low);
  }
  return hash;
}

}  // namespace commd::zrtp
