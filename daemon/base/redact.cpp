#include "daemon/base/redact.h"

#include <algorithm>
#include <array>
#include <cctype>

namespace commd::base {
namespace {

constexpr std::string_view mark = "[redacted]";

bool starts_with_nocase(std::string_view text, std::string_view prefix) {
  if (text.size() < prefix.size()) return false;
  for (size_t i = 0; i < prefix.size(); ++i)
    if (std::tolower(static_cast<unsigned char>(text[i])) != prefix[i]) return false;
  return true;
}

// Lines whose whole value is secret, by their lower-case beginning.
constexpr std::array<std::string_view, 9> secret_lines = {
    "authorization",    "proxy-authorization", "authentication-info",
    "www-authenticate", "proxy-authenticate",  "a=crypto:",
    "a=ice-pwd:",       "a=key-mgmt:",         "k="};

// The next "sip:" or "sips:" in any case, as the place after its colon.
size_t find_sip_scheme(std::string_view text, size_t at) {
  for (; at < text.size(); ++at) {
    const std::string_view rest = text.substr(at);
    if (starts_with_nocase(rest, "sip:")) return at + 4;
    if (starts_with_nocase(rest, "sips:")) return at + 5;
  }
  return std::string_view::npos;
}

// "sip:user:password@host" -> "sip:user:[redacted]@host", for every URI of a line.
std::string redact_uri_passwords(std::string_view line) {
  std::string out;
  size_t copied = 0;
  for (size_t at = find_sip_scheme(line, 0); at != std::string_view::npos;
       at = find_sip_scheme(line, at)) {
    const size_t end = line.find_first_of(" \t<>\"@", at);
    if (end == std::string_view::npos) break;
    const size_t colon = line.find(':', at);
    if (line[end] == '@' && colon < end) {
      out += line.substr(copied, colon + 1 - copied);
      out += mark;
      copied = end;
    }
    at = end;
  }
  out += line.substr(copied);
  return out;
}

// The end of the line that begins at `begin`, its CRLF, LF or bare CR included:
// sofia's parser takes all three, so a bare CR must not hide a header.
size_t line_end(std::string_view message, size_t begin) {
  const size_t at = message.find_first_of("\r\n", begin);
  if (at == std::string_view::npos) return message.size();
  const bool crlf = message[at] == '\r' && at + 1 < message.size() && message[at + 1] == '\n';
  return at + (crlf ? 2 : 1);
}

}  // namespace

std::string redact_sip(std::string_view message) {
  std::string out;
  out.reserve(message.size());
  bool folded_secret = false;
  for (size_t begin = 0; begin < message.size();) {
    const size_t end = line_end(message, begin);
    const std::string_view line = message.substr(begin, end - begin);
    begin = end;
    const bool folded = line.front() == ' ' || line.front() == '\t';
    if (folded && folded_secret) continue;
    std::string_view prefix;
    for (const std::string_view candidate : secret_lines)
      if (starts_with_nocase(line, candidate)) prefix = candidate;
    folded_secret = !prefix.empty();
    if (prefix.empty()) {
      out += redact_uri_passwords(line);
      continue;
    }
    const bool header = prefix.find_first_of("=:") == std::string_view::npos;
    out += line.substr(0, prefix.size());
    if (header) out += ": ";
    out += mark;
    out += line.substr(std::min(line.size(), line.find_first_of("\r\n")));
  }
  return out;
}

}  // namespace commd::base
