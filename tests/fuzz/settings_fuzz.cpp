// commd.toml: any text gives settings or mistakes with a place, never a crash.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "daemon/base/escape.h"
#include "daemon/settings/keys.h"
#include "daemon/settings/load.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto loaded = commd::settings::parse_settings(text, "fuzz.toml");
  for (const auto& error : loaded.errors) {
    // A message is one printable line, whatever the file had in it.
    if (error.message.empty() || commd::base::escape_controls(error.message) != error.message)
      std::abort();
  }
  for (const auto& key : commd::settings::keys())
    if (key.text(loaded.settings).empty()) std::abort();
  return 0;
}
