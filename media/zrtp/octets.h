// Octets of messages, and those that are secret. Values; any thread.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "daemon/base/secret.h"

namespace commd::zrtp {

using Bytes = std::vector<uint8_t>;
using View = std::span<const uint8_t>;
template <size_t size>
using Octets = std::array<uint8_t, size>;

using Zid = Octets<12>;        // an end of ZRTP, whatever its address (RFC 6189, section 4.9)
using HashImage = Octets<32>;  // one of H0 to H3 (section 9)
using Mac = Octets<8>;

// Wiped when it goes.
template <size_t size>
class SecretOctets {
 public:
  SecretOctets() = default;
  explicit SecretOctets(View from) { std::ranges::copy(from.first(size), bytes_.begin()); }
  SecretOctets(const SecretOctets&) = default;
  SecretOctets& operator=(const SecretOctets&) = default;
  ~SecretOctets() { base::wipe_memory(bytes_.data(), size); }

  View reveal() const { return bytes_; }
  std::span<uint8_t> fill() { return bytes_; }

 private:
  Octets<size> bytes_{};
};

// The same, of a length that is known late.
class SecretBytes {
 public:
  SecretBytes() = default;
  explicit SecretBytes(size_t size) : bytes_(size) {}
  SecretBytes(SecretBytes&&) noexcept = default;
  SecretBytes& operator=(SecretBytes&& other) noexcept {
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  ~SecretBytes() { base::wipe_memory(bytes_.data(), bytes_.size()); }

  View reveal() const { return bytes_; }
  std::span<uint8_t> fill() { return bytes_; }
  // Not in a vector that grows: what it leaves behind would stay.
  void append(View more) {
    SecretBytes longer(bytes_.size() + more.size());
    std::ranges::copy(bytes_, longer.bytes_.begin());
    std::ranges::copy(more, longer.bytes_.begin() + static_cast<std::ptrdiff_t>(bytes_.size()));
    std::swap(bytes_, longer.bytes_);
  }

 private:
  Bytes bytes_;
};

inline View view_of(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

inline void append(Bytes& out, View more) { out.insert(out.end(), more.begin(), more.end()); }

inline void append_u32(Bytes& out, uint32_t value) {
  for (int shift = 24; shift >= 0; shift -= 8) out.push_back(static_cast<uint8_t>(value >> shift));
}

template <size_t size>
Octets<size> octets_at(View from, size_t at) {
  Octets<size> out{};
  std::ranges::copy(from.subspan(at, size), out.begin());
  return out;
}

inline uint32_t u32_at(View from, size_t at) {
  return static_cast<uint32_t>(from[at]) << 24 | static_cast<uint32_t>(from[at + 1]) << 16 |
         static_cast<uint32_t>(from[at + 2]) << 8 | from[at + 3];
}

}  // namespace commd::zrtp
