#include "clients/client/escape.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <optional>

namespace commd::client {
namespace {

struct Decoded {
  std::optional<char32_t> point;  // absent: ill-formed
  size_t length = 1;
};

// RFC 3629: how many bytes follow a lead byte, and the range of the first of them.
struct Lead {
  size_t more = 0;
  unsigned low = 0x80;
  unsigned high = 0xBF;
  char32_t bits = 0;
};

std::optional<Lead> lead_of(unsigned char c) {
  if (c >= 0xC2 && c <= 0xDF) return Lead{1, 0x80, 0xBF, c & 0x1FU};
  if (c >= 0xE0 && c <= 0xEF)
    return Lead{2, c == 0xE0 ? 0xA0U : 0x80U, c == 0xED ? 0x9FU : 0xBFU, c & 0x0FU};
  if (c >= 0xF0 && c <= 0xF4)
    return Lead{3, c == 0xF0 ? 0x90U : 0x80U, c == 0xF4 ? 0x8FU : 0xBFU, c & 0x07U};
  return std::nullopt;
}

Decoded decode(std::string_view text, size_t at) {
  const auto first = static_cast<unsigned char>(text[at]);
  if (first < 0x80) return {first, 1};
  const auto lead = lead_of(first);
  if (!lead) return {};
  char32_t point = lead->bits;
  for (size_t i = 1; i <= lead->more; ++i) {
    const unsigned c = at + i < text.size() ? static_cast<unsigned char>(text[at + i]) : 0U;
    const unsigned low = i == 1 ? lead->low : 0x80U;
    const unsigned high = i == 1 ? lead->high : 0xBFU;
    if (c < low || c > high) return {std::nullopt, i};
    point = (point << 6) | (c & 0x3FU);
  }
  return {point, lead->more + 1};
}

struct Range {
  char32_t first;
  char32_t last;
};

template <size_t N>
bool contains(const std::array<Range, N>& ranges, char32_t point) {
  const auto after = std::upper_bound(ranges.begin(), ranges.end(), point,
                                      [](char32_t p, const Range& r) { return p < r.first; });
  return after != ranges.begin() && point <= std::prev(after)->last;
}

// Never sent to a terminal: they move the cursor, reorder the line or hide text.
constexpr std::array<Range, 11> unprintable = {{{0x00, 0x1F},
                                                {0x7F, 0x9F},
                                                {0xAD, 0xAD},
                                                {0x61C, 0x61C},
                                                {0x180E, 0x180E},
                                                {0x200B, 0x200F},
                                                {0x2028, 0x202E},
                                                {0x2060, 0x206F},
                                                {0xFEFF, 0xFEFF},
                                                {0xFFF9, 0xFFFB},
                                                {0xE0000, 0xE0FFF}}};

constexpr std::array<Range, 9> zero_width = {{{0x0300, 0x036F},
                                              {0x0483, 0x0489},
                                              {0x0591, 0x05BD},
                                              {0x064B, 0x065F},
                                              {0x1AB0, 0x1AFF},
                                              {0x1DC0, 0x1DFF},
                                              {0x20D0, 0x20FF},
                                              {0xFE00, 0xFE0F},
                                              {0xFE20, 0xFE2F}}};

// East Asian Wide and Fullwidth (Unicode 15, annex 11), and emoji.
constexpr std::array<Range, 14> wide = {{{0x1100, 0x115F},
                                         {0x2E80, 0x303E},
                                         {0x3041, 0x33FF},
                                         {0x3400, 0x4DBF},
                                         {0x4E00, 0x9FFF},
                                         {0xA000, 0xA4CF},
                                         {0xAC00, 0xD7A3},
                                         {0xF900, 0xFAFF},
                                         {0xFE30, 0xFE6F},
                                         {0xFF00, 0xFF60},
                                         {0xFFE0, 0xFFE6},
                                         {0x1F300, 0x1F64F},
                                         {0x1F680, 0x1FAFF},
                                         {0x20000, 0x3FFFD}}};

size_t width_of(char32_t point) {
  if (contains(zero_width, point)) return 0;
  return contains(wide, point) ? 2 : 1;
}

void append_escaped(std::string& out, char32_t point) {
  if (point == '\n') {
    out += "\\n";
  } else if (point == '\r') {
    out += "\\r";
  } else if (point == '\t') {
    out += "\\t";
  } else {
    std::array<char, 16> buffer{};
    std::snprintf(buffer.data(), buffer.size(), point <= 0xFF ? "\\x%02x" : "\\u{%04x}",
                  static_cast<unsigned>(point));
    out += buffer.data();
  }
}

}  // namespace

std::string escape_line(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size();) {
    const Decoded d = decode(text, i);
    if (!d.point) {
      out += "\xEF\xBF\xBD";
    } else if (contains(unprintable, *d.point)) {
      append_escaped(out, *d.point);
    } else {
      out += text.substr(i, d.length);
    }
    i += d.length;
  }
  return out;
}

bool is_utf8(std::string_view text) {
  for (size_t i = 0; i < text.size();) {
    const Decoded d = decode(text, i);
    if (!d.point) return false;
    i += d.length;
  }
  return true;
}

size_t display_width(std::string_view text) {
  size_t columns = 0;
  for (size_t i = 0; i < text.size();) {
    const Decoded d = decode(text, i);
    columns += d.point ? width_of(*d.point) : 1;
    i += d.length;
  }
  return columns;
}

std::string clip(std::string_view text, size_t columns) {
  if (display_width(text) <= columns) return std::string(text);
  if (columns == 0) return {};
  size_t used = 0;
  size_t i = 0;
  while (i < text.size()) {
    const Decoded d = decode(text, i);
    const size_t width = d.point ? width_of(*d.point) : 1;
    if (used + width > columns - 1) break;
    used += width;
    i += d.length;
  }
  return std::string(text.substr(0, i)) + "\xE2\x80\xA6";
}

}  // namespace commd::client
