// What clients::escape_line lets through is harmless, and clip keeps its promise.
#include <cstdint>
#include <cstdlib>

#include "clients/client/escape.h"

using commd::client::clip;
using commd::client::display_width;
using commd::client::escape_line;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::string shown = escape_line(text);
  for (const char c : shown)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) std::abort();
  if (escape_line(shown) != shown) std::abort();
  const size_t columns = size == 0 ? 0 : data[0];
  if (display_width(clip(shown, columns)) > columns) std::abort();
  return 0;
}
