#include "daemon/net/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <charconv>
#include <cstring>

namespace commd::net {
namespace {

std::optional<uint16_t> port_of(std::string_view text) {
  uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc{} || end != text.data() + text.size() || port == 0) return std::nullopt;
  return port;
}

}  // namespace

std::optional<IpAddress> IpAddress::of_bytes(std::span<const uint8_t> bytes) {
  if (bytes.size() != 4 && bytes.size() != 16) return std::nullopt;
  IpAddress address;
  address.family_ = bytes.size() == 4 ? Family::v4 : Family::v6;
  std::copy(bytes.begin(), bytes.end(), address.bytes_.begin());
  return address;
}

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
  // inet_pton wants an end, and would stop at a NUL inside.
  if (text.size() >= INET6_ADDRSTRLEN || text.find('\0') != text.npos) return std::nullopt;
  const std::string copy(text);
  IpAddress address;
  if (inet_pton(AF_INET, copy.c_str(), address.bytes_.data()) == 1) return address;
  address.family_ = Family::v6;
  if (inet_pton(AF_INET6, copy.c_str(), address.bytes_.data()) == 1) return address;
  return std::nullopt;
}

IpAddress IpAddress::loopback(Family family) {
  IpAddress address;
  address.family_ = family;
  if (family == Family::v4) address.bytes_[0] = 127;
  address.bytes_[family == Family::v4 ? 3 : 15] = 1;
  return address;
}

std::string IpAddress::text() const {
  char text[INET6_ADDRSTRLEN] = "";
  inet_ntop(family_ == Family::v4 ? AF_INET : AF_INET6, bytes_.data(), text, sizeof text);
  return text;
}

bool IpAddress::near() const {
  const auto near_v4 = [](std::span<const uint8_t> b) {
    return b[0] == 0 || b[0] == 127 || (b[0] == 169 && b[1] == 254) || b[0] >= 224;
  };
  const auto all = bytes();
  if (family_ == Family::v4) return near_v4(all);
  const auto zeros = [&all](size_t count) {
    return std::all_of(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(count),
                       [](uint8_t byte) { return byte == 0; });
  };
  // RFC 4291 section 2.5.5: mapped, and of old; :: and ::1 are among these.
  const bool mapped = zeros(10) && all[10] == 0xFF && all[11] == 0xFF;
  if (mapped || zeros(12)) return near_v4(all.subspan(12));
  // RFC 6052: through a translator.
  static constexpr std::array<uint8_t, 12> translated{0x00, 0x64, 0xFF, 0x9B};
  if (std::equal(translated.begin(), translated.end(), all.begin()))
    return near_v4(all.subspan(12));
  return all[0] == 0xFF || (all[0] == 0xFE && (all[1] & 0xC0) == 0x80);
}

std::string Endpoint::text() const {
  const std::string host = ip.family() == Family::v6 ? "[" + ip.text() + "]" : ip.text();
  return host + ":" + std::to_string(port);
}

std::optional<Endpoint> Endpoint::parse(std::string_view text, uint16_t default_port) {
  std::string_view host = text;
  std::string_view rest;
  if (text.starts_with('[')) {
    const size_t end = text.find(']');
    if (end == text.npos) return std::nullopt;
    host = text.substr(1, end - 1);
    rest = text.substr(end + 1);
  } else if (const size_t colon = text.find(':'); colon == text.rfind(':') && colon != text.npos) {
    host = text.substr(0, colon);
    rest = text.substr(colon);
  }
  const auto ip = IpAddress::parse(host);
  if (!ip || (text.starts_with('[') && ip->family() != Family::v6)) return std::nullopt;
  if (rest.empty()) return Endpoint{*ip, default_port};
  const auto port = rest.front() == ':' ? port_of(rest.substr(1)) : std::nullopt;
  if (!port) return std::nullopt;
  return Endpoint{*ip, *port};
}

std::optional<Endpoint> Endpoint::of(const sockaddr_storage& address) {
  if (address.ss_family == AF_INET) {
    const auto& four = reinterpret_cast<const sockaddr_in&>(address);
    const auto* bytes = reinterpret_cast<const uint8_t*>(&four.sin_addr);
    return Endpoint{*IpAddress::of_bytes({bytes, 4}), ntohs(four.sin_port)};
  }
  if (address.ss_family != AF_INET6) return std::nullopt;
  const auto& six = reinterpret_cast<const sockaddr_in6&>(address);
  const auto* bytes = reinterpret_cast<const uint8_t*>(&six.sin6_addr);
  return Endpoint{*IpAddress::of_bytes({bytes, 16}), ntohs(six.sin6_port)};
}

SocketAddress::SocketAddress(const Endpoint& endpoint) {
  const std::span<const uint8_t> bytes = endpoint.ip.bytes();
  if (endpoint.ip.family() == Family::v4) {
    auto& four = reinterpret_cast<sockaddr_in&>(storage);
    four.sin_family = AF_INET;
    four.sin_port = htons(endpoint.port);
    memcpy(&four.sin_addr, bytes.data(), bytes.size());
    length = sizeof four;
  } else {
    auto& six = reinterpret_cast<sockaddr_in6&>(storage);
    six.sin6_family = AF_INET6;
    six.sin6_port = htons(endpoint.port);
    memcpy(&six.sin6_addr, bytes.data(), bytes.size());
    length = sizeof six;
  }
}

}  // namespace commd::net
