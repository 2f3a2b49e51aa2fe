#include "daemon/base/secret.h"

#include <string.h>

#include <utility>

namespace commd::base {

void wipe_memory(void* data, size_t size) noexcept { explicit_bzero(data, size); }

Secret::Secret(std::string_view text) : text_(text) {}

Secret Secret::take(std::string& text) {
  Secret secret{std::string_view(text)};
  wipe_memory(text.data(), text.size());
  text.clear();
  return secret;
}

Secret::Secret(const Secret& other) = default;

// A moved std::string may leave a short text behind in its own buffer, so the
// source is wiped, not just emptied.
Secret::Secret(Secret&& other) noexcept : text_(other.text_) { other.wipe(); }

Secret& Secret::operator=(Secret other) noexcept {
  std::swap(text_, other.text_);
  return *this;
}

Secret::~Secret() { wipe(); }

void Secret::wipe() noexcept {
  wipe_memory(text_.data(), text_.size());
  text_.clear();
}

bool operator==(const Secret& a, const Secret& b) {
  if (a.text_.size() != b.text_.size()) return false;
  unsigned char difference = 0;
  for (size_t i = 0; i < a.text_.size(); ++i)
    difference |= static_cast<unsigned char>(a.text_[i] ^ b.text_[i]);
  return difference == 0;
}

}  // namespace commd::base
