// Who types, by anybody: what is read is bounded, and reads the same when it is written.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "daemon/sip/is_composing.h"

using namespace commd;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto read = sip::read_is_composing({reinterpret_cast<const char*>(data), size});
  if (!read) return 0;
  if (read->refresh < std::chrono::seconds(10) || read->refresh > std::chrono::seconds(600))
    abort();
  const auto again = sip::read_is_composing(sip::write_is_composing(*read));
  if (!again || again->active != read->active) abort();
  return 0;
}
