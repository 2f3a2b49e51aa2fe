// Internet addresses as values. Any thread.
#pragma once

#include <sys/socket.h>

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace commd::net {

enum class Family { v4, v6 };

class IpAddress {
 public:
  // 0.0.0.0
  IpAddress() = default;
  // 4 or 16 bytes in network order; other lengths give none.
  static std::optional<IpAddress> of_bytes(std::span<const uint8_t> bytes);
  // "192.0.2.1", "2001:db8::1"; no brackets, no zone, no short forms.
  static std::optional<IpAddress> parse(std::string_view text);
  static IpAddress loopback(Family family);

  Family family() const { return family_; }
  std::span<const uint8_t> bytes() const {
    return {bytes_.data(), family_ == Family::v4 ? size_t{4} : size_t{16}};
  }
  std::string text() const;
  // Of this machine (loopback, no address at all), of its link, or of everybody on it, also as
  // IPv4 within IPv6: what is there may believe whoever comes from here.
  bool near() const;

  friend bool operator==(const IpAddress&, const IpAddress&) = default;
  friend auto operator<=>(const IpAddress&, const IpAddress&) = default;

 private:
  Family family_ = Family::v4;
  std::array<uint8_t, 16> bytes_{};
};

struct Endpoint {
  IpAddress ip;
  uint16_t port = 0;

  // "192.0.2.1:53", "[2001:db8::1]:53"
  std::string text() const;
  // The same, read; `default_port` where none is named.
  static std::optional<Endpoint> parse(std::string_view text, uint16_t default_port);
  // What a socket call told; none for other families.
  static std::optional<Endpoint> of(const sockaddr_storage& address);

  friend bool operator==(const Endpoint&, const Endpoint&) = default;
};

// For the socket calls.
struct SocketAddress {
  explicit SocketAddress(const Endpoint& endpoint);
  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
  sockaddr_storage storage{};
  socklen_t length = 0;
};

}  // namespace commd::net
