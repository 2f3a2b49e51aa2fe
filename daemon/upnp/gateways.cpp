#include "daemon/upnp/gateways.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <fstream>
#include <sstream>

namespace commd::upnp {
namespace {

// The kernel prints what is in memory, in the order of this machine's bytes.
std::string literal(std::string_view hex) {
  uint32_t raw = 0;
  const auto [end, error] = std::from_chars(hex.data(), hex.data() + hex.size(), raw, 16);
  if (error != std::errc() || end != hex.data() + hex.size() || raw == 0) return {};
  std::array<char, INET_ADDRSTRLEN> text{};
  const in_addr address{raw};
  return ::inet_ntop(AF_INET, &address, text.data(), text.size()) != nullptr ? text.data() : "";
}

}  // namespace

std::vector<std::string> gateways_in(std::string_view routes) {
  std::vector<std::string> found;
  std::istringstream lines{std::string(routes)};
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string device, destination, gateway, flags, ref, use, metric, mask;
    if (!(words >> device >> destination >> gateway >> flags >> ref >> use >> metric >> mask))
      continue;
    if (destination != "00000000" || mask != "00000000") continue;
    std::string ip = literal(gateway);
    if (!ip.empty() && std::find(found.begin(), found.end(), ip) == found.end())
      found.push_back(std::move(ip));
  }
  return found;
}

std::vector<std::string> default_gateways() {
  std::ifstream file("/proc/self/net/route");
  std::ostringstream text;
  text << file.rdbuf();
  return gateways_in(text.str());
}

bool is_private(std::string_view ip) {
  in_addr address{};
  if (::inet_pton(AF_INET, std::string(ip).c_str(), &address) != 1) return false;
  const uint32_t host = ntohl(address.s_addr);
  const auto within = [host](uint32_t net, unsigned bits) {
    return host >> (32 - bits) == net >> (32 - bits);
  };
  return within(0x0a000000, 8) || within(0xac100000, 12) || within(0xc0a80000, 16) ||
         within(0x64400000, 10);
}

}  // namespace commd::upnp
