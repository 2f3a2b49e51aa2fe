#include "daemon/base/secret.h"

#include <string.h>

#include <utility>

namespace commd::base {

void wipe_memory(void* data, size_t size) noexcept {
  if (size > 0) explicit_bzero(data, size);  // an empty vector has no address
}

Secret::Secret(std::string_view text) : bytes_(text.begin(), text.end()) {}

Secret Secret::take(std::string& text) {
  Secret secret{std::string_view(text)};
  wipe_memory(text.data(), text.size());
  text.clear();
  return secret;
}

Secret::Secret(const Secret& other) = default;

Secret::Secret(Secret&& other) noexcept : bytes_(std::move(other.bytes_)) {}

Secret& Secret::operator=(Secret other) noexcept {
  std::swap(bytes_, other.bytes_);
  return *this;
}

Secret::~Secret() { wipe(); }

void Secret::wipe() noexcept {
  wipe_memory(bytes_.data(), bytes_.size());
  bytes_.clear();
}

bool operator==(const Secret& a, const Secret& b) {
  if (a.bytes_.size() != b.bytes_.size()) return false;
  unsigned char difference = 0;
  for (size_t i = 0; i < a.bytes_.size(); ++i)
    difference |= static_cast<unsigned char>(a.bytes_[i] ^ b.bytes_[i]);
  return difference == 0;
}

}  // namespace commd::base
