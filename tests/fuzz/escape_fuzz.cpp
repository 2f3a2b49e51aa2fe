// Any bytes, made fit for a log line and for JSON: valid UTF-8, no control character,
// nothing that turns the writing direction, and done twice the same as done once.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "daemon/base/escape.h"

using namespace commd::base;

namespace {

void check(const std::string& shown) {
  if (!is_valid_utf8(shown)) std::abort();
  for (const char c : shown)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) std::abort();
  for (const char* hidden : {"\u0085", "\u009b", "\u2028", "\u2029", "\u200e", "\u202e", "\u2066"})
    if (shown.find(hidden) != std::string::npos) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::string valid = to_valid_utf8(text);
  if (!is_valid_utf8(valid) || to_valid_utf8(valid) != valid) std::abort();
  if (is_valid_utf8(text) && valid != text) std::abort();
  check(escape_line(text));
  check(escape_controls(text));
  if (escape_controls(escape_controls(text)) != escape_controls(text)) std::abort();
  const std::string json = escape_json(text);
  check(json);
  for (size_t at = 0; at < json.size(); ++at) {
    if (json[at] == '"') std::abort();
    if (json[at] == '\\' && ++at == json.size()) std::abort();
  }
  return 0;
}
