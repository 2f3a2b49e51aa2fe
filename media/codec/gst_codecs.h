// G.722, Speex and GSM through GStreamer's elements, each a synchronous chain.
// Concealment is ours. Threads and errors: see codec.h.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "media/codec/codec.h"

namespace commd::codec {

// All of them, whether they are installed or not. Costs nothing.
std::vector<CodecInfo> plugin_codec_infos();

// Whether the plugin's file is where GStreamer would look for it: in the folders of
// GST_PLUGIN_PATH, and those of GST_PLUGIN_SYSTEM_PATH or else GStreamer's own. Reads
// the environment. Says nothing of whether it can be loaded.
bool is_plugin_installed(std::string_view plugin);

// Null if the codec is unknown here or its elements are missing. G.722 and GSM
// take packets of 20, 40, 60, 80, 100 or 120 ms, Speex too.
std::unique_ptr<Encoder> make_plugin_encoder(const CodecInfo& info,
                                             const EncoderSettings& settings);
std::unique_ptr<Decoder> make_plugin_decoder(const CodecInfo& info);

}  // namespace commd::codec
