#include "daemon/xmpp/xml_text.h"

#include <algorithm>

#include "daemon/base/escape.h"

namespace commd::xmpp {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

bool is_illegal_control(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte < 0x20 && c != '\t' && c != '\n' && c != '\r';
}

// U+FFFE or U+FFFF starts here; the text is valid UTF-8.
bool is_noncharacter(std::string_view text, size_t at) {
  const std::string_view three = text.substr(at, 3);
  return three == "\xEF\xBF\xBE" || three == "\xEF\xBF\xBF";
}

}  // namespace

std::string legal_xml(std::string_view text) {
  std::string valid = base::to_valid_utf8(text);
  const bool clean = std::none_of(valid.begin(), valid.end(), is_illegal_control) &&
                     valid.find("\xEF\xBF\xBE") == valid.npos &&
                     valid.find("\xEF\xBF\xBF") == valid.npos;
  if (clean) return valid;
  std::string legal;
  legal.reserve(valid.size());
  for (size_t at = 0; at < valid.size(); ++at) {
    if (is_illegal_control(valid[at])) {
      legal += kReplacement;
    } else if (is_noncharacter(valid, at)) {
      legal += kReplacement;
      at += 2;
    } else {
      legal += valid[at];
    }
  }
  return legal;
}

std::string escape_xml(std::string_view text) {
  const std::string legal = legal_xml(text);
  std::string escaped;
  escaped.reserve(legal.size() + legal.size() / 8);
  for (const char c : legal) {
    switch (c) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      case '\'':
        escaped += "&apos;";
        break;
      case '\t':
        escaped += "&#9;";
        break;
      case '\n':
        escaped += "&#10;";
        break;
      case '\r':
        escaped += "&#13;";
        break;
      default:
        escaped += c;
    }
  }
  return escaped;
}

bool is_xml_blank(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return is_xml_blank(c); });
}

}  // namespace commd::xmpp
