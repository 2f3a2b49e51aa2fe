#include "daemon/upnp/search.h"

#include <algorithm>
#include <cctype>

namespace commd::upnp {
namespace {

constexpr size_t longest_answer = 4096;

bool same_word(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](unsigned char x, unsigned char y) {
    return std::tolower(x) == std::tolower(y);
  });
}

std::string_view trimmed(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t\r");
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

std::string_view take_line(std::string_view& text) {
  const size_t end = text.find('\n');
  const std::string_view line = text.substr(0, end);
  text = end == text.npos ? std::string_view() : text.substr(end + 1);
  return trimmed(line);
}

}  // namespace

std::string search_request(const std::string& host, uint16_t port) {
  return "M-SEARCH * HTTP/1.1\r\nHOST: " + host + ":" + std::to_string(port) +
         "\r\nMAN: \"ssdp:discover\"\r\nMX: 1\r\n"
         "ST: urn:schemas-upnp-org:device:InternetGatewayDevice:1\r\n\r\n";
}

std::optional<std::string> location_in(std::string_view datagram) {
  if (datagram.size() > longest_answer) return std::nullopt;
  const std::string_view status = take_line(datagram);
  if (!status.starts_with("HTTP/1.") || status.find(" 200") == status.npos) return std::nullopt;
  while (!datagram.empty()) {
    const std::string_view line = take_line(datagram);
    const size_t colon = line.find(':');
    if (colon == line.npos || !same_word(trimmed(line.substr(0, colon)), "location")) continue;
    const std::string_view value = trimmed(line.substr(colon + 1));
    if (value.empty()) return std::nullopt;
    return std::string(value);
  }
  return std::nullopt;
}

}  // namespace commd::upnp
