#include "daemon/net/domain_name.h"

#include <idn2.h>
#include <strings.h>

#include <algorithm>
#include <memory>

#include "daemon/base/escape.h"

namespace commd::net {
namespace {

constexpr size_t max_name = 253;
constexpr size_t max_label = 63;
// Of a name that still has to be converted: more cannot fit what DNS allows.
constexpr size_t max_unicode = 1024;

bool is_name_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '_';
}

tl::unexpected<base::Error> invalid(std::string_view domain, const std::string& why) {
  const std::string shown = base::escape_line(domain.substr(0, max_name));
  base::Error error = base::invalid_argument("domain", "\"" + shown + "\" is no domain: " + why);
  error.reason = "DOMAIN_INVALID";
  error.details["domain"] = shown;
  return base::fail(std::move(error));
}

struct FreeIdn {
  void operator()(uint8_t* text) const { idn2_free(text); }
};

// "_service._proto." at the start, which IDNA has no word for.
size_t underscore_labels(std::string_view name) {
  size_t at = 0;
  while (at < name.size() && name[at] == '_') {
    const size_t dot = name.find('.', at);
    if (dot == name.npos) break;
    at = dot + 1;
  }
  return at;
}

}  // namespace

base::Result<std::string> ascii_domain(std::string_view domain) {
  if (domain.empty() || domain.size() > max_unicode)
    return invalid(domain, "it is empty or too long");
  if (domain.find('\0') != domain.npos || !base::is_valid_utf8(domain))
    return invalid(domain, "it is not text");
  std::string_view name = domain;
  if (name.ends_with('.')) name.remove_suffix(1);
  const size_t prefix = underscore_labels(name);
  const std::string rest(name.substr(prefix));
  uint8_t* converted = nullptr;
  const int status = idn2_lookup_u8(reinterpret_cast<const uint8_t*>(rest.c_str()), &converted,
                                    IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
  const std::unique_ptr<uint8_t, FreeIdn> owner(converted);
  if (status != IDN2_OK) return invalid(domain, idn2_strerror(status));
  const std::string ascii =
      lower_case(name.substr(0, prefix)) + lower_case(reinterpret_cast<const char*>(converted));
  if (!is_host_name(ascii)) return invalid(domain, "it has characters that no host name has");
  return ascii;
}

std::optional<IpAddress> address_literal(std::string_view host) {
  if (!host.starts_with('[')) return IpAddress::parse(host);
  if (!host.ends_with(']')) return std::nullopt;
  const auto address = IpAddress::parse(host.substr(1, host.size() - 2));
  return address && address->family() == Family::v6 ? address : std::nullopt;
}

bool is_host_name(std::string_view name) {
  if (name.empty() || name.size() > max_name || IpAddress::parse(name)) return false;
  for (size_t at = 0; at <= name.size();) {
    const size_t dot = std::min(name.find('.', at), name.size());
    const std::string_view label = name.substr(at, dot - at);
    if (label.empty() || label.size() > max_label) return false;
    if (!std::all_of(label.begin(), label.end(), is_name_char)) return false;
    at = dot + 1;
  }
  return true;
}

bool same_name(std::string_view a, std::string_view b) {
  return a.size() == b.size() && strncasecmp(a.data(), b.data(), a.size()) == 0;
}

std::string lower_case(std::string_view ascii) {
  std::string out(ascii);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

}  // namespace commd::net
