#include "daemon/http/content_disposition.h"

#include <charconv>

#include "daemon/base/escape.h"
#include "daemon/net/domain_name.h"

namespace commd::http {
namespace {

constexpr size_t most_bytes = 4096;

void skip_blanks(std::string_view& rest) {
  while (!rest.empty() && (rest.front() == ' ' || rest.front() == '\t')) rest.remove_prefix(1);
}

std::string_view take_token(std::string_view& rest) {
  const size_t end = std::min(rest.find_first_of(" \t;=\""), rest.size());
  const std::string_view token = rest.substr(0, end);
  rest.remove_prefix(end);
  return token;
}

// RFC 9110 section 5.6.4.
std::string take_quoted(std::string_view& rest) {
  std::string text;
  rest.remove_prefix(1);
  while (!rest.empty() && rest.front() != '"') {
    if (rest.front() == '\\' && rest.size() > 1) rest.remove_prefix(1);
    text += rest.front();
    rest.remove_prefix(1);
  }
  if (!rest.empty()) rest.remove_prefix(1);
  return text;
}

// RFC 8187 section 3.2: charset'language'text.
std::string extended(std::string_view value) {
  const size_t first = value.find('\'');
  const size_t second = first == value.npos ? first : value.find('\'', first + 1);
  if (second == value.npos || net::lower_case(value.substr(0, first)) != "utf-8") return {};
  value.remove_prefix(second + 1);
  std::string text;
  while (!value.empty()) {
    if (value.front() != '%') {
      text += value.front();
      value.remove_prefix(1);
      continue;
    }
    unsigned char byte = 0;
    if (value.size() < 3 ||
        std::from_chars(value.data() + 1, value.data() + 3, byte, 16).ptr != value.data() + 3)
      return {};
    text += static_cast<char>(byte);
    value.remove_prefix(3);
  }
  return text;
}

}  // namespace

std::string disposition_name(std::string_view field) {
  if (field.size() > most_bytes) return {};
  std::string plain, better;
  take_token(field);  // inline, attachment: all the same here
  while (true) {
    skip_blanks(field);
    if (!field.starts_with(';')) break;
    field.remove_prefix(1);
    skip_blanks(field);
    const std::string name = net::lower_case(take_token(field));
    skip_blanks(field);
    if (!field.starts_with('=')) continue;
    field.remove_prefix(1);
    skip_blanks(field);
    const std::string value =
        field.starts_with('"') ? take_quoted(field) : std::string(take_token(field));
    if (name == "filename" && plain.empty()) plain = value;
    if (name == "filename*" && better.empty()) better = extended(value);
  }
  return base::to_valid_utf8(better.empty() ? plain : better);
}

}  // namespace commd::http
