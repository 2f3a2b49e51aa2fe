// The codecs that need no library: PCMU and PCMA (G.711, RFC 3551 4.5.14) and
// L16 at 16 kHz (RFC 3551, 4.5.11). Threads and errors: see codec.h.
#pragma once

#include <memory>

#include "media/codec/codec.h"

namespace commd::codec {

CodecInfo pcmu_info();
CodecInfo pcma_info();
// Not offered unless asked for: 256 kb/s.
CodecInfo l16_info();

bool is_pcm_codec(const CodecInfo& info);

// Null if `info` is none of the three.
std::unique_ptr<Encoder> make_pcm_encoder(const CodecInfo& info, const EncoderSettings& settings);
std::unique_ptr<Decoder> make_pcm_decoder(const CodecInfo& info);

}  // namespace commd::codec
