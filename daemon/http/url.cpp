#include "daemon/http/url.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "daemon/base/escape.h"
#include "daemon/net/domain_name.h"

namespace commd::http {
namespace {

tl::unexpected<base::Error> bad(std::string_view text, const std::string& why) {
  const std::string shown = base::escape_line(text.substr(0, 200));
  return base::fail(base::Error{base::Code::invalid_argument,
                                "URL_INVALID",
                                "\"" + shown + "\" is no address of a file: " + why,
                                {{"url", shown}}});
}

bool printable(std::string_view text) {
  for (const char c : text)
    if (c <= 0x20 || c >= 0x7F) return false;
  return true;
}

// "https:" in any case, with what follows.
std::optional<bool> take_scheme(std::string_view& text) {
  const size_t colon = text.find(':');
  if (colon == text.npos || colon > 5) return std::nullopt;
  const std::string scheme = net::lower_case(text.substr(0, colon));
  if (scheme != "http" && scheme != "https") return std::nullopt;
  text.remove_prefix(colon + 1);
  return scheme == "https";
}

bool take_port(std::string_view digits, uint16_t& port) {
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  return error == std::errc() && end == digits.data() + digits.size() && port != 0;
}

bool take_authority(std::string_view text, Url& url) {
  std::string_view host = text;
  const size_t bracket = text.starts_with('[') ? text.find(']') : 0;
  if (bracket == text.npos) return false;
  const size_t colon = text.find(':', bracket);
  if (colon != text.npos) {
    host = text.substr(0, colon);
    if (colon + 1 < text.size() && !take_port(text.substr(colon + 1), url.port)) return false;
  }
  if (const auto address = net::address_literal(host)) {
    url.host = address->text();
    return true;
  }
  const auto name = net::ascii_domain(host);
  if (!name || !net::is_host_name(*name)) return false;
  url.host = *name;
  return true;
}

// RFC 3986 section 3.3: more than that is escaped by whoever is careful; the rest is here.
std::string escaped(std::string_view target) {
  static constexpr char digits[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : target) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80) {
      out += c;
      continue;
    }
    out += {'%', digits[byte >> 4], digits[byte & 15]};
  }
  return out;
}

std::string without_fragment(std::string_view text) {
  return std::string(text.substr(0, text.find('#')));
}

}  // namespace

std::string Url::authority() const {
  std::string text = host.find(':') == std::string::npos ? host : "[" + host + "]";
  if (port != (secure ? 443 : 80)) text += ":" + std::to_string(port);
  return text;
}

std::string Url::text() const { return (secure ? "https://" : "http://") + authority() + target; }

bool Url::loopback() const {
  if (host == "localhost" || host.ends_with(".localhost")) return true;
  const auto address = net::address_literal(host);
  if (!address) return false;
  return address->family() == net::Family::v4
             ? address->bytes()[0] == 127
             : *address == net::IpAddress::loopback(net::Family::v6);
}

base::Result<Url> parse_url(std::string_view text) {
  if (text.size() > most_url_bytes) return bad(text, "it is too long");
  const std::string all = without_fragment(text);
  std::string_view rest = all;
  if (!printable(escaped(rest))) return bad(text, "it has blanks or controls inside");
  Url url;
  const auto secure = take_scheme(rest);
  if (!secure || !rest.starts_with("//"))
    return bad(text, "it begins neither https:// nor http://");
  url.secure = *secure;
  url.port = url.secure ? 443 : 80;
  rest.remove_prefix(2);
  const size_t end = std::min(rest.find_first_of("/?\\"), rest.size());
  const std::string_view authority = rest.substr(0, end);
  if (authority.find('@') != authority.npos) return bad(text, "it has a user's name inside");
  if (!take_authority(authority, url)) return bad(text, "its host or port is none");
  rest.remove_prefix(end);
  if (rest.starts_with('\\')) return bad(text, "its host or port is none");
  url.target = (rest.starts_with('/') ? "" : "/") + escaped(rest);
  return url;
}

base::Result<Url> follow(const Url& from, std::string_view location) {
  std::string_view rest = location;
  if (location.empty()) return bad(location, "a redirect to nowhere");
  if (location.starts_with("//"))
    return parse_url((from.secure ? "https:" : "http:") + std::string(location));
  const size_t colon = location.find(':');
  if (colon != location.npos && colon < location.find_first_of("/?#")) return parse_url(location);
  if (location.size() > most_url_bytes) return bad(location, "it is too long");
  Url url = from;
  const std::string target = escaped(without_fragment(rest));
  if (!printable(target)) return bad(location, "it has blanks or controls inside");
  if (target.starts_with('/')) {
    url.target = target;
    return url;
  }
  const std::string path = from.target.substr(0, from.target.find('?'));
  url.target =
      target.starts_with('?') ? path + target : path.substr(0, path.rfind('/') + 1) + target;
  return url;
}

std::string name_in(const Url& url) {
  const std::string path = url.target.substr(0, url.target.find('?'));
  const std::string_view last = std::string_view(path).substr(path.rfind('/') + 1);
  std::string name;
  for (size_t i = 0; i < last.size(); ++i) {
    unsigned char byte = 0;
    const bool is_escape =
        last[i] == '%' && i + 2 < last.size() &&
        std::from_chars(last.data() + i + 1, last.data() + i + 3, byte, 16).ptr ==
            last.data() + i + 3;
    name += is_escape ? static_cast<char>(byte) : last[i];
    if (is_escape) i += 2;
  }
  return name;
}

}  // namespace commd::http
