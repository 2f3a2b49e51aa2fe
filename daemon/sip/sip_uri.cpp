#include "daemon/sip/sip_uri.h"

#include <algorithm>
#include <cctype>
#include <optional>

#include "daemon/base/escape.h"

namespace commd::sip {
namespace {

constexpr size_t kMaxUri = 8 * 1024;
constexpr size_t kMaxPairs = 64;

tl::unexpected<base::Error> invalid(const std::string& why) {
  return base::fail(base::Code::invalid_argument, "INVALID_ADDRESS", why);
}

bool is_alnum(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool one_of(std::string_view set, char c) { return set.find(c) != std::string_view::npos; }

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

bool starts_with_scheme(std::string_view text, std::string_view scheme) {
  return text.size() > scheme.size() && text[scheme.size()] == ':' &&
         lower(text.substr(0, scheme.size())) == scheme;
}

int hex_value(char c) {
  if (is_digit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// Undoes %XX. Nothing: a bad escape, a control character, text that is not UTF-8.
std::optional<std::string> decoded(std::string_view text) {
  std::string out;
  for (size_t at = 0; at < text.size(); ++at) {
    char c = text[at];
    if (c == '%') {
      if (at + 2 >= text.size()) return std::nullopt;
      const int high = hex_value(text[at + 1]);
      const int low = hex_value(text[at + 2]);
      if (high < 0 || low < 0) return std::nullopt;
      c = static_cast<char>(high * 16 + low);
      at += 2;
    }
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f) return std::nullopt;
    out += c;
  }
  if (!base::is_valid_utf8(out)) return std::nullopt;
  return out;
}

std::string encoded(std::string_view text, std::string_view also_plain) {
  constexpr std::string_view kUnreserved = "-_.!~*'()";
  constexpr const char* kHex = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    if (is_alnum(c) || one_of(kUnreserved, c) || one_of(also_plain, c)) {
      out += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out += '%';
      out += kHex[byte >> 4];
      out += kHex[byte & 15];
    }
  }
  return out;
}

// What stands between two marks may only hold these; anything else was never a URI.
bool has_only_uri_characters(std::string_view text) {
  return std::none_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte <= 0x20 || byte == 0x7f || one_of("<>\"\\^`{}|", c);
  });
}

// ";a=b;c" or "a=b&c=d", without the first mark. False: malformed or too many.
bool read_pairs(std::string_view text, char mark, SipUri::Pairs& pairs) {
  while (!text.empty()) {
    const size_t end = std::min(text.find(mark), text.size());
    const std::string_view item = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const size_t equals = std::min(item.find('='), item.size());
    const std::optional<std::string> name = decoded(item.substr(0, equals));
    const std::optional<std::string> value =
        decoded(item.substr(std::min(equals + 1, item.size())));
    if (!name || name->empty() || !value || pairs.size() >= kMaxPairs) return false;
    pairs.emplace_back(lower(*name), *value);
  }
  return true;
}

std::string find(const SipUri::Pairs& pairs, std::string_view name) {
  for (const auto& [key, value] : pairs)
    if (key == name) return value;
  return {};
}

bool is_number_character(char c) { return is_digit(c) || one_of("*#ABCDabcd", c); }

// Digits without separators; empty if it is no telephone number.
std::string number_of(std::string_view text) {
  std::string number;
  for (const char c : text) {
    if (one_of("-.() ", c)) continue;
    if (c == '+' ? !number.empty() : !is_number_character(c)) return {};
    number += c;
  }
  return std::any_of(number.begin(), number.end(), is_digit) ? number : std::string();
}

// Typed with separators only, so that "abcd" or "bob" stays a user.
bool looks_like_number(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return is_digit(c) || one_of("+-.()*# ", c); });
}

base::Result<SipUri> parse_tel(std::string_view rest) {
  SipUri uri;
  uri.scheme = UriScheme::tel;
  const size_t mark = std::min(rest.find(';'), rest.size());
  uri.user = number_of(rest.substr(0, mark));
  if (uri.user.empty()) return invalid("this is no telephone number");
  if (!read_pairs(rest.substr(std::min(mark + 1, rest.size())), ';', uri.parameters))
    return invalid("the parameters of the number cannot be read");
  return uri;
}

// After the scheme: [user@]host[:port][;parameters][?headers]
base::Result<SipUri> parse_sip(std::string_view rest, UriScheme scheme) {
  SipUri uri;
  uri.scheme = scheme;
  // '?' and ';' may stand in the user part, but '@' nowhere unescaped.
  const size_t at = rest.find('@');
  if (at != std::string_view::npos) {
    const std::string_view user = rest.substr(0, at);
    if (user.find(':') != std::string_view::npos)
      return invalid("the address must not hold a password");
    const std::optional<std::string> plain = decoded(user);
    if (!plain || plain->empty()) return invalid("the user part of the address cannot be read");
    uri.user = *plain;
    rest.remove_prefix(at + 1);
  }
  const size_t header_mark = std::min(rest.find('?'), rest.size());
  const std::string_view headers = rest.substr(std::min(header_mark + 1, rest.size()));
  rest = rest.substr(0, header_mark);
  const size_t parameter_mark = std::min(rest.find(';'), rest.size());
  const std::string_view parameters = rest.substr(std::min(parameter_mark + 1, rest.size()));
  base::Result<HostPort> server = parse_host_port(rest.substr(0, parameter_mark));
  if (!server) return base::fail(server.error());
  uri.host = std::move(server->host);
  uri.port = server->port;
  if (!read_pairs(parameters, ';', uri.parameters) || !read_pairs(headers, '&', uri.headers))
    return invalid("the parameters of the address cannot be read");
  return uri;
}

std::string scheme_text(UriScheme scheme) {
  switch (scheme) {
    case UriScheme::sip:
      return "sip:";
    case UriScheme::sips:
      return "sips:";
    case UriScheme::tel:
      return "tel:";
  }
  return {};
}

void append_pairs(std::string& text, const SipUri::Pairs& pairs, char first, char mark,
                  std::string_view plain) {
  for (const auto& [name, value] : pairs) {
    text += std::exchange(first, mark);
    text += encoded(name, plain);
    if (!value.empty()) text += "=" + encoded(value, plain);
  }
}

}  // namespace

std::string SipUri::address() const {
  if (scheme == UriScheme::tel) return "tel:" + user;
  std::string text = scheme_text(scheme);
  if (!user.empty()) text += encoded(user, "&=+$,;?/") + "@";
  text += bracketed(host);
  if (port != 0) text += ":" + std::to_string(port);
  return text;
}

std::string SipUri::to_string() const {
  std::string text = address();
  append_pairs(text, parameters, ';', ';', "[]/:&+$");
  append_pairs(text, headers, '?', '&', "[]/?:+$");
  return text;
}

std::string SipUri::parameter(std::string_view name) const { return find(parameters, name); }
std::string SipUri::header(std::string_view name) const { return find(headers, name); }
std::string SipUri::transport() const { return lower(find(parameters, "transport")); }

base::Result<SipUri> parse_uri(std::string_view text) {
  if (text.size() > kMaxUri) return invalid("the address is too long");
  if (!has_only_uri_characters(text))
    return invalid("the address holds a character that no address may hold");
  if (starts_with_scheme(text, "sip")) return parse_sip(text.substr(4), UriScheme::sip);
  if (starts_with_scheme(text, "sips")) return parse_sip(text.substr(5), UriScheme::sips);
  if (starts_with_scheme(text, "tel")) return parse_tel(text.substr(4));
  return invalid("the address must begin with sip:, sips: or tel:");
}

base::Result<SipUri> parse_dialled(std::string_view text, std::string_view domain) {
  const auto blank = [](char c) { return one_of(" \t\r\n", c); };
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  if (text.empty()) return invalid("whom to call is missing");
  if (text.size() > kMaxUri) return invalid("the address is too long");
  if (starts_with_scheme(text, "tel")) return parse_tel(text.substr(4));
  if (starts_with_scheme(text, "sip") || starts_with_scheme(text, "sips")) return parse_uri(text);
  if (text.find('@') != std::string_view::npos) return parse_uri("sip:" + std::string(text));
  std::string user(text);
  if (looks_like_number(text)) user = number_of(text);
  if (user.empty()) return invalid("this is no telephone number");
  return parse_uri("sip:" + encoded(user, "&=+$,;?/") + "@" + std::string(domain));
}

SipUri reached_at(const SipUri& uri, std::string_view domain) {
  if (uri.scheme != UriScheme::tel) return uri;
  SipUri out;
  out.user = uri.user;
  out.host = std::string(domain);
  out.parameters = {{"user", "phone"}};
  return out;
}

}  // namespace commd::sip
