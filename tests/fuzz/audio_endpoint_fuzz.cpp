// What is accepted can be written, and read again as the same.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "daemon/model/audio_endpoint.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace commd::model;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto source = parse_audio_source(text)) {
    const auto again = parse_audio_source(to_string(*source));
    if (!again || again->kind != source->kind || again->name != source->name ||
        again->loop != source->loop)
      std::abort();
  }
  if (const auto sink = parse_audio_sink(text)) {
    const auto again = parse_audio_sink(to_string(*sink));
    if (!again || *again != *sink) std::abort();
  }
  return 0;
}
