// SDES key parameters: whatever parses must print and parse to the same.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "media/srtp/key_params.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace commd::srtp;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const SrtpProfile profile : all_srtp_profiles) {
    const auto params = parse_key_params(profile, text);
    if (!params) continue;
    const auto printed = print_key_params(*params);
    const auto again = parse_key_params(profile, printed.reveal());
    if (!again || !(again->key == params->key) || again->lifetime != params->lifetime) abort();
  }
  return 0;
}
