// G.722, Speex and GSM through GStreamer's elements, each a synchronous chain.
// Concealment is ours. Threads and errors: see codec.h.
#pragma once

#include <memory>
#include <vector>

#include "media/codec/codec.h"

namespace commd::codec {

// Those whose encoder and decoder elements are installed. Initialises GStreamer (slow the first
// time: it reads the plugin registry); any thread.
std::vector<CodecInfo> available_plugin_codecs();

// Null if the codec is unknown here or its elements are missing. G.722 and GSM
// take packets of 20, 40, 60, 80, 100 or 120 ms, Speex too.
std::unique_ptr<Encoder> make_plugin_encoder(const CodecInfo& info,
                                             const EncoderSettings& settings);
std::unique_ptr<Decoder> make_plugin_decoder(const CodecInfo& info);

}  // namespace commd::codec
