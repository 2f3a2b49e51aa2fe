// Whatever is read from an account's settings is written back to the same.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "daemon/store/settings_text.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace commd::store;
  const auto decoded = decode_settings({reinterpret_cast<const char*>(data), size});
  if (!decoded) return 0;
  const auto again = decode_settings(encode_settings(decoded->settings, decoded->unknown_lines));
  if (!again || again->settings != decoded->settings ||
      again->unknown_lines != decoded->unknown_lines)
    std::abort();
  return 0;
}
