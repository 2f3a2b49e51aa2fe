// Opus (RFC 6716, RTP by RFC 7587) at 48 kHz mono on libopus itself.
// Threads and errors: see codec.h. Making one allocates; using it does not.
#pragma once

#include <memory>
#include <string_view>

#include "media/codec/codec.h"

namespace commd::codec {

CodecInfo opus_info();

// The peer's parameters (parse_opus_fmtp) bound the bitrate and bandwidth and
// decide on FEC, CBR and DTX together with the settings. Null if libopus refuses.
std::unique_ptr<Encoder> make_opus_encoder(const EncoderSettings& settings,
                                           std::string_view remote_fmtp);
std::unique_ptr<Decoder> make_opus_decoder();

}  // namespace commd::codec
