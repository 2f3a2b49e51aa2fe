// The codecs this daemon has, in our order of preference, and the way to make
// them. A value that never changes; any thread may read it.
#pragma once

#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "daemon/base/result.h"
#include "media/codec/codec.h"

namespace commd::codec {

class CodecRegistry {
 public:
  // Opus, PCMU, PCMA and L16, which need no plugin. Costs nothing.
  static CodecRegistry direct();

  // Those, and G.722, Speex and GSM where their GStreamer plugins are installed; a
  // missing plugin only leaves its codec out. Initialises GStreamer if that was
  // not done: it reads the plugin registry and may take a second when that is
  // stale, so call it from the pool, not on the way to ready.
  static CodecRegistry with_plugins();

  std::span<const CodecInfo> codecs() const { return codecs_; }

  // The encoding name's case does not matter (RFC 8866, 6.6). Null if unknown.
  const CodecInfo* find(std::string_view rtp_name, uint32_t clock_rate) const;
  const CodecInfo* find_static(uint8_t payload_type) const;

  // `remote_fmtp` is what the peer says about receiving this codec. Errors:
  // unavailable, reason CODEC_UNAVAILABLE. The first one of a plugin loads it (G.722:
  // FFmpeg, 0.1 to 0.3 s and 38 MB), so make plugin codecs on the pool and hand them
  // to their worker; the direct ones take some microseconds anywhere.
  base::Result<std::unique_ptr<Encoder>> make_encoder(const CodecInfo& info,
                                                      const EncoderSettings& settings,
                                                      std::string_view remote_fmtp) const;
  base::Result<std::unique_ptr<Decoder>> make_decoder(const CodecInfo& info) const;

 private:
  std::vector<CodecInfo> codecs_;
};

}  // namespace commd::codec
