#include "daemon/model/host_port.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <cstring>

namespace commd::model {
namespace {

constexpr size_t longest_host = 253;

tl::unexpected<base::Error> invalid(const std::string& why) {
  return base::fail(base::Code::invalid_argument, "INVALID_ADDRESS", why);
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_alnum(char c) { return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

bool is_host_name(std::string_view host) {
  if (host.empty() || host.size() > longest_host || host.front() == '-') return false;
  bool label_empty = true;
  for (const char c : host) {
    if (c == '.') {
      if (label_empty) return false;
      label_empty = true;
      continue;
    }
    if (!is_alnum(c) && c != '-' && c != '_') return false;
    label_empty = false;
  }
  return !label_empty;
}

// inet_pton() would stop at a NUL and not see what comes after it.
template <class Address>
bool read_ip(int family, const std::string& host, Address& address) {
  return host.find('\0') == std::string::npos && inet_pton(family, host.c_str(), &address) == 1;
}
bool is_ip4(const std::string& host) {
  in_addr address{};
  return read_ip(AF_INET, host, address);
}
bool is_ip6(const std::string& host) {
  in6_addr address{};
  return read_ip(AF_INET6, host, address);
}

// False: no port from 1 to 65535.
bool read_port(std::string_view text, uint16_t& port) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return error == std::errc() && end == text.data() + text.size() && port != 0 &&
         std::all_of(text.begin(), text.end(), is_digit);
}

bool is_this_machine(in_addr_t address) {
  const uint32_t first = ntohl(address) >> 24;
  return first == 127 || first == 0;
}

}  // namespace

base::Result<HostPort> parse_host_port(std::string_view text) {
  HostPort result;
  std::string_view port;
  if (!text.empty() && text.front() == '[') {
    const size_t end = text.find(']');
    if (end == std::string_view::npos) return invalid("a bracket of the address is not closed");
    result.host = lower(text.substr(1, end - 1));
    if (!is_ip6(result.host)) return invalid("what is in brackets is no IPv6 address");
    port = text.substr(end + 1);
  } else if (std::count(text.begin(), text.end(), ':') > 1) {
    result.host = lower(text);
    if (!is_ip6(result.host)) return invalid("this is no IPv6 address");
  } else {
    const size_t colon = std::min(text.find(':'), text.size());
    result.host = lower(text.substr(0, colon));
    port = text.substr(colon);
    if (result.host.size() > 1 && result.host.back() == '.') result.host.pop_back();
    if (!is_host_name(result.host)) return invalid("this is no host name");
  }
  if (!port.empty() && (port.front() != ':' || !read_port(port.substr(1), result.port)))
    return invalid("the port must be a number from 1 to 65535");
  return result;
}

// '@' stands nowhere unescaped but before the host; ';' and '?' may stand in the user.
base::Result<HostPort> host_of_sip(std::string_view address) {
  for (const std::string_view scheme : {"sip:", "sips:"})
    if (address.size() >= scheme.size() && lower(address.substr(0, scheme.size())) == scheme) {
      address.remove_prefix(scheme.size());
      break;
    }
  if (const size_t at = address.find('@'); at != std::string_view::npos)
    address.remove_prefix(at + 1);
  return parse_host_port(address.substr(0, address.find_first_of(";?")));
}

std::string bracketed(const std::string& host) { return is_ip6(host) ? "[" + host + "]" : host; }

bool is_ip_literal(const std::string& host) { return is_ip4(host) || is_ip6(host); }

bool is_listen_address(const std::string& text) {
  in_addr four{};
  if (read_ip(AF_INET, text, four)) {
    const uint32_t address = ntohl(four.s_addr);
    return !IN_MULTICAST(address) && address != INADDR_BROADCAST;
  }
  in6_addr six{};
  return read_ip(AF_INET6, text, six) && !IN6_IS_ADDR_MULTICAST(&six);
}

bool is_this_machine(const std::string& host) {
  const std::string name = lower(host);
  if (name == "localhost" || name.ends_with(".localhost")) return true;
  in_addr ip4{};
  if (read_ip(AF_INET, host, ip4)) return is_this_machine(ip4.s_addr);
  in6_addr ip6{};
  if (!read_ip(AF_INET6, host, ip6)) return false;
  if (IN6_IS_ADDR_V4MAPPED(&ip6) || IN6_IS_ADDR_V4COMPAT(&ip6)) {
    std::memcpy(&ip4, ip6.s6_addr + 12, sizeof ip4);
    return is_this_machine(ip4.s_addr);
  }
  return IN6_IS_ADDR_LOOPBACK(&ip6) || IN6_IS_ADDR_UNSPECIFIED(&ip6);
}

}  // namespace commd::model
