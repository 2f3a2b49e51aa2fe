#include "daemon/sip/sip_text.h"

#include <sofia-sip/msg_header.h>
#include <sofia-sip/sip_extra.h>
#include <sofia-sip/sip_header.h>
#include <sofia-sip/sip_util.h>
#include <sofia-sip/url.h>

#include <algorithm>
#include <cctype>
#include <cstring>

#include "daemon/base/escape.h"
#include "daemon/sip/sdp_line.h"

namespace commd::sip {
namespace {

constexpr size_t kMaxText = 1024;
constexpr size_t kMaxUri = 2048;
constexpr size_t kMaxPhrase = 128;
constexpr size_t kMaxReason = 256;
constexpr size_t kMaxReplaces = 1024;
constexpr size_t kMaxInfo = 256;
constexpr size_t kMaxBoundary = 70;  // RFC 2046 section 5.1.1
constexpr int kMaxParts = 16;

std::string text_of(const char* text) {
  if (text == nullptr) return {};
  return base::to_valid_utf8(std::string_view(text).substr(0, kMaxText));
}

// The first `limit` bytes of valid text, less where that would cut a character.
std::string clipped(const std::string& text, size_t limit) {
  size_t end = std::min(limit, text.size());
  while (end > 0 && end < text.size() && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80)
    --end;
  return text.substr(0, end);
}

// Whether it can stand in angle brackets of a header field: sofia lets through what
// no URI has, such as quotes, blanks of folded lines, and bytes above ASCII.
bool fit_for_wire(std::string_view uri) {
  return std::all_of(uri.begin(), uri.end(), [](char c) {
    return c > 0x20 && c < 0x7f && c != '<' && c != '>' && c != '"';
  });
}

// Without the quotes and escapes of a quoted-string.
std::string display_text(const char* display) {
  const std::string text = text_of(display);
  if (text.size() < 2 || text.front() != '"' || text.back() != '"') return text;
  std::string plain;
  for (size_t at = 1; at + 1 < text.size(); ++at) {
    if (text[at] == '\\' && at + 2 < text.size()) ++at;
    plain += text[at];
  }
  return plain;
}

model::Party party_of(const url_t* url, const char* display) {
  return {address_text(url), display_text(display)};
}

bool same_word(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
    return tolower(static_cast<unsigned char>(x)) == tolower(static_cast<unsigned char>(y));
  });
}

std::string_view content_type(const sip_t* sip) {
  if (sip == nullptr || sip->sip_content_type == nullptr ||
      sip->sip_content_type->c_type == nullptr)
    return {};
  return sip->sip_content_type->c_type;
}

std::optional<std::string_view> payload(const sip_t* sip) {
  if (sip == nullptr || sip->sip_payload == nullptr || sip->sip_payload->pl_data == nullptr)
    return std::nullopt;
  return std::string_view(sip->sip_payload->pl_data, sip->sip_payload->pl_len);
}

std::string unknown_header(const sip_t* sip, const char* name) {
  if (sip == nullptr) return {};
  for (const sip_unknown_t* each = sip->sip_unknown; each != nullptr; each = each->un_next)
    if (each->un_name != nullptr && same_word(each->un_name, name)) return text_of(each->un_value);
  return {};
}

// The URI of a name-addr or addr-spec, up to its header parameters.
std::string uri_in(const std::string& value) {
  const size_t open = value.find('<');
  if (open != std::string::npos) {
    const size_t close = value.find('>', open);
    if (close == std::string::npos) return {};
    return value.substr(open + 1, close - open - 1);
  }
  return value.substr(0, value.find_first_of(";,"));
}

std::string_view host_port_of(std::string_view uri) {
  if (const size_t open = uri.find('<'); open != std::string_view::npos)
    uri.remove_prefix(open + 1);
  uri = uri.substr(0, uri.find_first_of(">,"));
  if (const size_t colon = uri.find(':'); colon != std::string_view::npos)
    uri.remove_prefix(colon + 1);
  uri = uri.substr(0, uri.find_first_of(";?"));
  if (const size_t at = uri.rfind('@'); at != std::string_view::npos) uri.remove_prefix(at + 1);
  return uri;
}

// The content of the one part whose head names SDP.
std::optional<std::string_view> sdp_part(std::string_view body, std::string_view boundary) {
  const std::string delimiter = "--" + std::string(boundary);
  std::optional<std::string_view> found;
  size_t at = body.find(delimiter);
  for (int count = 0; count < kMaxParts && at != std::string_view::npos; ++count) {
    const size_t begin = at + delimiter.size();
    at = body.find(delimiter, begin);
    if (at == std::string_view::npos) break;
    const std::string_view part = body.substr(begin, at - begin);
    const size_t blank = part.find("\r\n\r\n");
    if (blank == std::string_view::npos) continue;
    std::string head(part.substr(0, blank));
    std::transform(head.begin(), head.end(), head.begin(),
                   [](unsigned char c) { return static_cast<char>(tolower(c)); });
    if (head.find("application/sdp") == std::string::npos) continue;
    if (found) return std::nullopt;
    found = part.substr(blank + 4);
  }
  return found;
}

std::string user_at(const url_t* url) {
  return url->url_user == nullptr ? std::string() : text_of(url->url_user) + "@";
}

std::string port_after(const url_t* url) {
  return url->url_port == nullptr ? std::string() : ":" + text_of(url->url_port);
}

std::string scheme_of(const url_t* url) {
  return (url->url_scheme == nullptr ? "sip" : text_of(url->url_scheme)) + ":";
}

}  // namespace

std::string uri_text(const url_t* url) {
  if (url == nullptr || url->url_host == nullptr) return {};
  std::string text = scheme_of(url) + user_at(url) + text_of(url->url_host) + port_after(url);
  if (url->url_params != nullptr) text += ";" + text_of(url->url_params);
  if (url->url_headers != nullptr) text += "?" + text_of(url->url_headers);
  return text.size() > kMaxUri || !fit_for_wire(text) ? std::string() : text;
}

std::string address_text(const url_t* url) {
  if (url == nullptr || url->url_host == nullptr) return {};
  return scheme_of(url) + user_at(url) + text_of(url->url_host);
}

std::string to_tag(const sip_t* sip) {
  return sip == nullptr || sip->sip_to == nullptr ? std::string() : text_of(sip->sip_to->a_tag);
}

bool requires_option(const sip_t* sip, std::string_view option) {
  if (sip == nullptr || sip->sip_require == nullptr || sip->sip_require->k_items == nullptr)
    return false;
  for (const msg_param_t* item = sip->sip_require->k_items; *item != nullptr; ++item)
    if (same_word(*item, option)) return true;
  return false;
}

bool allows_update(const sip_t* sip) {
  return sip != nullptr && sip->sip_allow != nullptr &&
         sip_is_allowed(sip->sip_allow, SIP_METHOD_UPDATE) != 0;
}

std::optional<std::string_view> sdp_body(const sip_t* sip) {
  const std::optional<std::string_view> body = payload(sip);
  if (!body || body->empty()) return std::nullopt;
  const std::string_view type = content_type(sip);
  if (same_word(type, "application/sdp")) return body;
  if (!same_word(type.substr(0, 10), "multipart/")) return std::nullopt;
  const char* parameter = msg_header_find_param(sip->sip_content_type->c_common, "boundary=");
  if (parameter == nullptr || *parameter == '\0') return std::nullopt;
  std::string_view boundary = parameter;
  if (boundary.size() >= 2 && boundary.front() == '"' && boundary.back() == '"')
    boundary = boundary.substr(1, boundary.size() - 2);
  if (boundary.empty() || boundary.size() > kMaxBoundary) return std::nullopt;
  return sdp_part(*body, boundary);
}

model::Party caller_of(const sip_t* sip) {
  if (sip == nullptr || sip->sip_from == nullptr) return {};
  return party_of(sip->sip_from->a_url, sip->sip_from->a_display);
}

model::Party callee_of(const sip_t* sip) {
  if (sip == nullptr || sip->sip_to == nullptr) return {};
  return party_of(sip->sip_to->a_url, sip->sip_to->a_display);
}

std::optional<model::Party> asserted_identity(const sip_t* sip) {
  const sip_p_asserted_identity_t* identity =
      sip == nullptr ? nullptr : sip_p_asserted_identity(sip);
  if (identity == nullptr) return std::nullopt;
  return party_of(identity->paid_url, identity->paid_display);
}

std::string sender_address(const sip_t* sip) {
  const url_t* url = sip == nullptr || sip->sip_from == nullptr ? nullptr : sip->sip_from->a_url;
  if (url == nullptr) return {};
  std::string address = address_text(url);
  if (url->url_port != nullptr) address += ":" + base::to_valid_utf8(url->url_port);
  // The host has no case (RFC 3261 section 19.1.4); the user has.
  const size_t host = address.find('@') == std::string::npos ? 0 : address.find('@');
  std::transform(address.begin() + static_cast<std::ptrdiff_t>(host), address.end(),
                 address.begin() + static_cast<std::ptrdiff_t>(host), [](char c) {
                   return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
                 });
  return address;
}

std::string referred_by(const sip_t* sip) {
  if (sip == nullptr || sip->sip_referred_by == nullptr) return {};
  return address_text(sip->sip_referred_by->b_url);
}

std::string diverted_by(const sip_t* sip) {
  return clipped(uri_in(unknown_header(sip, "Diversion")), kMaxReason);
}

std::string reason_text(const sip_t* sip) {
  if (sip == nullptr || sip->sip_reason == nullptr) return {};
  return clipped(display_text(sip->sip_reason->re_text), kMaxReason);
}

int reason_cause(const sip_t* sip) {
  const sip_reason_t* each = sip == nullptr ? nullptr : sip->sip_reason;
  for (; each != nullptr; each = each->re_next) {
    if (each->re_protocol == nullptr || each->re_cause == nullptr) continue;
    if (same_word(each->re_protocol, "SIP")) return to_number<int>(each->re_cause, 999).value_or(0);
  }
  return 0;
}

std::optional<char> info_digit(const sip_t* sip) {
  const std::optional<std::string_view> body = payload(sip);
  if (!body || body->size() > kMaxInfo) return std::nullopt;
  std::string_view rest = *body;
  char digit = 0;
  if (same_word(content_type(sip), "application/dtmf")) {
    const std::string_view line = trim(take_until(rest, '\n'));
    if (line.size() == 1) digit = line.front();
  } else if (same_word(content_type(sip), "application/dtmf-relay")) {
    while (!rest.empty() && digit == 0) {
      std::string_view line = trim(take_until(rest, '\n'));
      const std::string_view key = trim(take_until(line, '='));
      if (same_word(key, "Signal") && trim(line).size() == 1) digit = trim(line).front();
    }
  }
  digit = static_cast<char>(toupper(static_cast<unsigned char>(digit)));
  if (digit == 0 || strchr("0123456789*#ABCD", digit) == nullptr) return std::nullopt;
  return digit;
}

std::optional<std::pair<int, std::string>> sipfrag_status(const sip_t* sip) {
  const std::optional<std::string_view> body = payload(sip);
  if (!body || !same_word(content_type(sip).substr(0, 15), "message/sipfrag")) return std::nullopt;
  std::string_view rest = *body;
  std::string_view line = trim(take_until(rest, '\n'));
  if (!same_word(take_word(line), "SIP/2.0")) return std::nullopt;
  const std::optional<int> code = to_number<int>(take_word(line), 699);
  if (!code || *code < 100) return std::nullopt;
  return std::pair(*code, base::to_valid_utf8(line.substr(0, kMaxPhrase)));
}

std::optional<ReferTarget> refer_to(const sip_t* sip) {
  if (sip == nullptr || sip->sip_refer_to == nullptr) return std::nullopt;
  url_t url = *sip->sip_refer_to->r_url;
  if (url.url_type != url_sip && url.url_type != url_sips) return std::nullopt;
  std::string_view headers = url.url_headers == nullptr ? "" : url.url_headers;
  url.url_headers = nullptr;
  ReferTarget target{uri_text(&url), {}};
  if (target.uri.empty()) return std::nullopt;
  while (!headers.empty()) {
    std::string_view value = take_until(headers, '&');
    const std::string_view name = take_until(value, '=');
    if (!same_word(name, "Replaces") || value.size() > kMaxReplaces) continue;
    std::string plain(value);
    url_unescape(plain.data(), plain.data());
    plain.resize(strlen(plain.c_str()));
    target.replaces = base::to_valid_utf8(plain);
  }
  return target;
}

std::string escape_uri_header(std::string_view text) {
  constexpr const char* kHex = "0123456789ABCDEF";
  std::string escaped;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (isalnum(byte) != 0 || (byte != 0 && strchr("-_.!~*'()", c) != nullptr)) {
      escaped += c;
    } else {
      escaped += '%';
      escaped += kHex[byte >> 4];
      escaped += kHex[byte & 15];
    }
  }
  return escaped;
}

std::string one_line(std::string_view text) {
  std::string line = base::to_valid_utf8(text.substr(0, kMaxPhrase));
  for (char& c : line)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  return line;
}

std::string host_of_uri(std::string_view uri) {
  const std::string_view place = host_port_of(uri);
  if (!place.empty() && place.front() == '[')
    return std::string(place.substr(1, place.find(']') - 1));
  return std::string(place.substr(0, place.find(':')));
}

uint16_t port_of_uri(std::string_view uri, uint16_t fallback) {
  const std::string_view place = host_port_of(uri);
  const size_t after = !place.empty() && place.front() == '[' ? place.find(']') : 0;
  const size_t colon = after == std::string_view::npos ? after : place.find(':', after);
  if (colon == std::string_view::npos) return fallback;
  return to_number<uint16_t>(place.substr(colon + 1), 65535).value_or(fallback);
}

}  // namespace commd::sip
