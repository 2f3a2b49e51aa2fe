// classify() must only read what is there, and say rtp or rtcp of nothing that is
// shorter than their headers.
#include <cstdint>
#include <cstdlib>
#include <span>

#include "media/rtp/demux.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using commd::rtp::DatagramKind;
  const auto kind = commd::rtp::classify(std::span(data, size));
  if (kind == DatagramKind::rtp && size < 12) std::abort();
  if (kind == DatagramKind::rtcp && size < 8) std::abort();
  return 0;
}
