#include "clients/commctl/keys.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

namespace commd::commctl {
namespace {

constexpr char escape_key = '\x1b';

// Bytes of the UTF-8 character that `lead` begins; 0: none can begin so.
size_t length_of(char lead) {
  const auto c = static_cast<unsigned char>(lead);
  if (c < 0x80) return 1;
  if (c >= 0xC2 && c <= 0xDF) return 2;
  if (c >= 0xE0 && c <= 0xEF) return 3;
  return c >= 0xF0 && c <= 0xF4 ? 4 : 0;
}

// Length of the escape sequence at the beginning (ECMA-48): CSI up to its final byte,
// SS3 with one more, else the escape alone.
size_t sequence_length(std::string_view bytes) {
  if (bytes.size() < 2) return 1;
  if (bytes[1] == 'O') return std::min<size_t>(3, bytes.size());
  if (bytes[1] != '[') return 1;
  size_t at = 2;
  while (at < bytes.size() && (bytes[at] < '@' || bytes[at] > '~')) ++at;
  return std::min(at + 1, bytes.size());
}

// What the sequence of a key says: its final byte (xterm), or the number before a tilde
// (VT220). A modifier makes it another key, which is swallowed.
std::optional<Key::Kind> cursor_key(std::string_view sequence) {
  const std::string_view body = sequence.substr(std::min<size_t>(2, sequence.size()));
  using Kind = Key::Kind;
  constexpr std::array<std::pair<std::string_view, Kind>, 11> known = {{{"A", Kind::up},
                                                                        {"B", Kind::down},
                                                                        {"C", Kind::right},
                                                                        {"D", Kind::left},
                                                                        {"H", Kind::home},
                                                                        {"F", Kind::end},
                                                                        {"1~", Kind::home},
                                                                        {"3~", Kind::erase},
                                                                        {"4~", Kind::end},
                                                                        {"7~", Kind::home},
                                                                        {"8~", Kind::end}}};
  for (const auto& [text, kind] : known)
    if (body == text) return kind;
  return std::nullopt;
}

std::optional<Key::Kind> control_key(char c) {
  switch (c) {
    case '\x01':
      return Key::Kind::home;
    case '\x04':
      return Key::Kind::end_of_input;
    case '\x05':
      return Key::Kind::end;
    case '\x0b':
      return Key::Kind::kill_rest;
    case '\x15':
      return Key::Kind::kill_line;
    case '\x17':
      return Key::Kind::kill_word;
    default:
      return std::nullopt;
  }
}

}  // namespace

std::vector<Key> KeyReader::take(std::string_view bytes) {
  const std::string all = std::exchange(rest_, {}) + std::string(bytes);
  std::string_view left = all;
  std::vector<Key> keys;
  while (!left.empty()) {
    const char c = left[0];
    size_t used = 1;
    if (c == escape_key) {
      used = sequence_length(left);
      if (used == 1) keys.push_back({Key::Kind::escape, ""});
      if (const auto kind = cursor_key(left.substr(0, used))) keys.push_back({*kind, ""});
    } else if (c == '\r' || c == '\n') {
      keys.push_back({Key::Kind::enter, ""});
    } else if (c == '\x7f' || c == '\b') {
      keys.push_back({Key::Kind::backspace, ""});
    } else if (c == '\t') {
      keys.push_back({Key::Kind::tab, ""});
    } else if (const auto kind = control_key(c)) {
      keys.push_back({*kind, ""});
    } else if (const size_t length = length_of(c); length != 0) {
      if (left.size() < length) {
        rest_ = left;
        return keys;
      }
      used = length;
      if (length > 1 || c >= ' ')
        keys.push_back({Key::Kind::text, std::string(left.substr(0, length))});
    }
    left.remove_prefix(used);
  }
  return keys;
}

}  // namespace commd::commctl
