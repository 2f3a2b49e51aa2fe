#include "daemon/disk/safe_name.h"

#include <cstdint>

#include "daemon/base/escape.h"

namespace commd::disk {
namespace {

constexpr size_t most_bytes = 180;  // with a number and ".part" it is below 255
constexpr size_t most_extension = 16;

bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

// The character at the front of valid UTF-8.
size_t length_at(std::string_view text) {
  size_t size = 1;
  while (size < text.size() && is_continuation(text[size])) ++size;
  return size;
}

uint32_t code_of(std::string_view character) {
  const auto first = static_cast<unsigned char>(character[0]);
  if (character.size() == 1) return first;
  uint32_t code = first & (0x7FU >> character.size());
  for (const char c : character.substr(1))
    code = code << 6 | (static_cast<unsigned char>(c) & 0x3F);
  return code;
}

struct Range {
  uint32_t first, last;
};
constexpr Range unseen[] = {{0x00, 0x1F},     {0x7F, 0x9F},     {0xAD, 0xAD},      {0x61C, 0x61C},
                            {0x200B, 0x200B}, {0x200E, 0x200F}, {0x2028, 0x202E},  {0x2060, 0x2069},
                            {0xFEFF, 0xFEFF}, {0xFFF9, 0xFFFB}, {0xE0000, 0xE007F}};

bool is_unseen(uint32_t code) {
  for (const auto& [first, last] : unseen)
    if (code >= first && code <= last) return true;
  return false;
}

std::string cut_to(std::string text, size_t bytes) {
  if (text.size() <= bytes) return text;
  while (bytes > 0 && is_continuation(text[bytes])) --bytes;
  text.resize(bytes);
  return text;
}

// From its dot on; nothing where that is the name's beginning.
size_t extension_at(const std::string& name) {
  const size_t dot = name.rfind('.');
  const bool one = dot != std::string::npos && dot > 0 && name.size() - dot <= most_extension;
  return one ? dot : name.size();
}

void trim(std::string& name) {
  const size_t first = name.find_first_not_of(" .-");
  name.erase(0, first == std::string::npos ? name.size() : first);
  const size_t last = name.find_last_not_of(" .");
  name.resize(last == std::string::npos ? 0 : last + 1);
}

}  // namespace

std::string safe_file_name(std::string_view raw) {
  // Controls first: what they hide is judged without them.
  std::string name;
  const std::string text =
      base::to_valid_utf8(raw.substr(raw.size() > 65536 ? raw.size() - 65536 : 0));
  for (std::string_view rest = text; !rest.empty();) {
    const std::string_view character = rest.substr(0, length_at(rest));
    rest.remove_prefix(character.size());
    if (!is_unseen(code_of(character))) name += character;
  }
  name.erase(0, name.find_last_of("/\\") + 1);
  trim(name);
  const size_t dot = extension_at(name);
  const std::string extension = name.substr(dot);
  name = cut_to(name.substr(0, dot), most_bytes - extension.size());
  while (!name.empty() && (name.back() == ' ' || name.back() == '.')) name.pop_back();
  name += extension;
  return name.empty() ? "file" : name;
}

std::string numbered_name(const std::string& name, unsigned number) {
  if (number < 2) return name;
  const size_t dot = extension_at(name);
  return name.substr(0, dot) + " (" + std::to_string(number) + ")" + name.substr(dot);
}

}  // namespace commd::disk
