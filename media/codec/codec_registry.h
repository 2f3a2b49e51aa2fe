// The codecs this daemon has, in our order of preference, and the way to make
// them. A value that never changes; any thread may read it.
//
// What a codec is called and how it is offered is known without its plugin: that is
// loaded when a call first wants the codec, never on the way to ready.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/base/result.h"
#include "media/codec/codec.h"

namespace commd::codec {

class CodecRegistry {
 public:
  // Opus, PCMU, PCMA and L16, which need no plugin. Costs nothing.
  static CodecRegistry direct();

  // Those, and G.722, Speex and GSM where the files of their GStreamer plugins are
  // there (GST_PLUGIN_PATH, else GStreamer's own folder); a missing one only leaves
  // its codec out. Loads nothing: it looks for three files.
  static CodecRegistry installed();

  // Exactly these.
  explicit CodecRegistry(std::vector<CodecInfo> codecs) : codecs_(std::move(codecs)) {}

  // Names of all codecs that installed() could have, each once, by our preference.
  static std::vector<std::string> known_names();

  std::span<const CodecInfo> codecs() const { return codecs_; }

  // The encoding name's case does not matter (RFC 8866, 6.6). Null if unknown.
  const CodecInfo* find(std::string_view rtp_name, uint32_t clock_rate) const;
  const CodecInfo* find_static(uint8_t payload_type) const;

  // Brings in a codec's plugin and proves that it works; after that its codecs are
  // made in less than a millisecond on any thread. The first one initialises GStreamer
  // (a second when its registry is stale), and G.722 loads FFmpeg (0.1 to 0.3 s, 38 MB
  // that stay), so this belongs on a thread that nobody waits for. Nothing to do for a
  // codec without a plugin. Errors: as below.
  base::Result<void> load(const CodecInfo& info) const;

  // `remote_fmtp` is what the peer says about receiving this codec. Errors:
  // unavailable, reason CODEC_UNAVAILABLE. Of a plugin's codecs only after load(), but
  // in tests.
  base::Result<std::unique_ptr<Encoder>> make_encoder(const CodecInfo& info,
                                                      const EncoderSettings& settings,
                                                      std::string_view remote_fmtp) const;
  base::Result<std::unique_ptr<Decoder>> make_decoder(const CodecInfo& info) const;

 private:
  void insert(CodecInfo info);

  std::vector<CodecInfo> codecs_;
};

}  // namespace commd::codec
