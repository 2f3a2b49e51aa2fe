// Payloads as they come off the network: the first octet picks the codec, then
// each piece is a length octet and a payload; a length of 0 is a lost packet.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <vector>

#include "media/codec/codec_registry.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace commd::codec;
  if (size == 0) return 0;
  const CodecRegistry registry = CodecRegistry::direct();
  const CodecInfo& info = registry.codecs()[data[0] % registry.codecs().size()];
  const auto decoder = registry.make_decoder(info);
  if (!decoder) abort();
  std::vector<int16_t> out(max_packet_samples(info));
  std::span<const uint8_t> rest(data + 1, size - 1);
  for (int packets = 0; !rest.empty() && packets < 64; ++packets) {
    const size_t length = std::min<size_t>(rest[0] * 8u, rest.size() - 1);
    const auto payload = rest.subspan(1, length);
    const auto lost = std::span(out).first(info.sample_rate / 50);
    if (length == 0 && (*decoder)->conceal(lost) != lost.size()) abort();
    if (packets % 4 == 3 && (*decoder)->decode_fec(payload, lost) != lost.size()) abort();
    const auto samples = (*decoder)->decode(payload, out);
    if (!samples || *samples > out.size()) abort();
    rest = rest.subspan(1 + length);
  }
  return 0;
}
