#include "daemon/base/redact.h"

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
    "authorization",  "proxy-authorization", "authentication-info",
    "www-authenticate", "proxy-authenticate", "a=crypto:",
    "a=ice-pwd:",     "a=key-mgmt:",         "k="};

// "sip:user:password@host" -> "sip:user:[redacted]@host", for every URI of a line.
std::string redact_uri_passwords(std::string_view line) {
  std::string out(line);
  for (const std::string_view scheme : {"sip:", "sips:"}) {
    size_t at = 0;
    while ((at = out.find(scheme, at)) != std::string::npos) {
      const size_t begin = at + scheme.size();
      const size_t end = out.find_first_of(" \t<>\"@", begin);
      at = begin;
      if (end == std::string::npos || out[end] != '@') continue;
      const size_t colon = out.find(':', begin);
      if (colon == std::string::npos || colon > end) continue;
      out.replace(colon + 1, end - colon - 1, mark);
    }
  }
  return out;
}

}  // namespace

std::string redact_sip(std::string_view message) {
  std::string out;
  out.reserve(message.size());
  bool folded_secret = false;
  for (size_t begin = 0; begin < message.size();) {
    size_t end = message.find('\n', begin);
    end = end == std::string_view::npos ? message.size() : end + 1;
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
    if (line.back() == '\n') out += line.size() > 1 && line[line.size() - 2] == '\r' ? "\r\n" : "\n";
  }
  return out;
}

}  // namespace commd::base
