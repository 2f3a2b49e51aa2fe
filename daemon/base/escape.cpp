#include "daemon/base/escape.h"

#include <cstdint>
#include <cstdio>

namespace commd::base {
namespace {

struct Decoded {
  char32_t point = 0xFFFD;
  size_t length = 1;  // bytes consumed
  bool valid = false;
};

bool continuation(unsigned char c) { return (c & 0xC0) == 0x80; }

// Decodes one code point; an ill-formed sequence consumes its maximal subpart.
Decoded decode(std::string_view text, size_t at) {
  const auto byte = [&](size_t i) {
    return at + i < text.size() ? static_cast<unsigned char>(text[at + i]) : 0U;
  };
  const unsigned char lead = static_cast<unsigned char>(text[at]);
  if (lead < 0x80) return {lead, 1, true};
  size_t need = 0;
  char32_t point = 0;
  unsigned low = 0x80;
  unsigned high = 0xBF;
  if (lead >= 0xC2 && lead <= 0xDF) {
    need = 1, point = lead & 0x1F;
  } else if (lead >= 0xE0 && lead <= 0xEF) {
    need = 2, point = lead & 0x0F;
    if (lead == 0xE0) low = 0xA0;
    if (lead == 0xED) high = 0x9F;  // no surrogates
  } else if (lead >= 0xF0 && lead <= 0xF4) {
    need = 3, point = lead & 0x07;
    if (lead == 0xF0) low = 0x90;
    if (lead == 0xF4) high = 0x8F;  // at most U+10FFFF
  } else {
    return {};
  }
  for (size_t i = 1; i <= need; ++i) {
    const unsigned c = byte(i);
    if (i == 1 ? (c < low || c > high) : !continuation(static_cast<unsigned char>(c)))
      return {0xFFFD, i, false};
    point = (point << 6) | (c & 0x3F);
  }
  return {point, need + 1, true};
}

bool unprintable(char32_t p) {
  return p < 0x20 || (p >= 0x7F && p <= 0x9F) || p == 0x2028 || p == 0x2029 || p == 0x200E ||
         p == 0x200F || p == 0x061C || (p >= 0x202A && p <= 0x202E) || (p >= 0x2066 && p <= 0x2069);
}

void append_escaped(std::string& out, char32_t point) {
  switch (point) {
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      break;
  }
  char buffer[16];
  std::snprintf(buffer, sizeof buffer, point <= 0xFF ? "\\x%02x" : "\\u{%04x}",
                static_cast<unsigned>(point));
  out += buffer;
}

constexpr std::string_view replacement = "\xEF\xBF\xBD";

enum class Backslash { doubled, kept };

std::string escape(std::string_view text, Backslash backslash) {
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size();) {
    const Decoded d = decode(text, i);
    if (!d.valid) {
      out += replacement;
    } else if (unprintable(d.point)) {
      append_escaped(out, d.point);
    } else if (d.point == '\\' && backslash == Backslash::doubled) {
      out += "\\\\";
    } else {
      out += text.substr(i, d.length);
    }
    i += d.length;
  }
  return out;
}

}  // namespace

bool is_valid_utf8(std::string_view text) {
  for (size_t i = 0; i < text.size();) {
    const Decoded d = decode(text, i);
    if (!d.valid) return false;
    i += d.length;
  }
  return true;
}

std::string to_valid_utf8(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size();) {
    const Decoded d = decode(text, i);
    out += d.valid ? text.substr(i, d.length) : replacement;
    i += d.length;
  }
  return out;
}

std::string escape_line(std::string_view text) { return escape(text, Backslash::doubled); }

std::string escape_controls(std::string_view text) { return escape(text, Backslash::kept); }

std::string escape_json(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size();) {
    const Decoded d = decode(text, i);
    if (!d.valid) {
      out += replacement;
    } else if (d.point == '"' || d.point == '\\') {
      out += '\\';
      out += static_cast<char>(d.point);
    } else if (unprintable(d.point)) {  // all of them are in the basic plane
      char buffer[8];
      std::snprintf(buffer, sizeof buffer, "\\u%04x", static_cast<unsigned>(d.point) & 0xFFFFU);
      out += buffer;
    } else {
      out += text.substr(i, d.length);
    }
    i += d.length;
  }
  return out;
}

}  // namespace commd::base
