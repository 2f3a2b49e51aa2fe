#include "media/codec/codec_registry.h"

#include <algorithm>

#include "media/codec/gst_codecs.h"
#include "media/codec/opus_codec.h"
#include "media/codec/pcm_codecs.h"

namespace commd::codec {

namespace {

bool same_name(std::string_view a, std::string_view b) {
  const auto lower = [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [&](char x, char y) { return lower(x) == lower(y); });
}

std::string remedy_of(const CodecInfo& info) {
  if (info.plugin.empty()) return {};
  return ": reinstall GStreamer's plugin \"" + info.plugin + "\", or leave the codec out";
}

base::Error unavailable(const CodecInfo& info) {
  base::Error error{base::Code::unavailable,
                    "CODEC_UNAVAILABLE",
                    "the codec " + info.rtp_name + " cannot be started" + remedy_of(info),
                    {}};
  error.details["codec"] = info.rtp_name;
  return error;
}

}  // namespace

CodecRegistry CodecRegistry::direct() {
  return CodecRegistry({opus_info(), pcmu_info(), pcma_info(), l16_info()});
}

CodecRegistry CodecRegistry::installed() {
  CodecRegistry registry = direct();
  for (CodecInfo& info : plugin_codec_infos())
    if (is_plugin_installed(info.plugin)) registry.insert(std::move(info));
  return registry;
}

// Wideband that is offered goes before G.711, the rest before L16.
void CodecRegistry::insert(CodecInfo info) {
  const auto at = info.offered ? codecs_.begin() + 1 : codecs_.end() - 1;
  codecs_.insert(at, std::move(info));
}

std::vector<std::string> CodecRegistry::known_names() {
  CodecRegistry all = direct();
  for (CodecInfo& info : plugin_codec_infos()) all.insert(std::move(info));
  std::vector<std::string> names;
  for (const CodecInfo& info : all.codecs_)
    if (std::find(names.begin(), names.end(), info.rtp_name) == names.end())
      names.push_back(info.rtp_name);
  return names;
}

base::Result<void> CodecRegistry::load(const CodecInfo& info) const {
  if (info.plugin.empty()) return {};
  if (auto encoder = make_encoder(info, {}, ""); !encoder) return base::fail(encoder.error());
  if (auto decoder = make_decoder(info); !decoder) return base::fail(decoder.error());
  return {};
}

const CodecInfo* CodecRegistry::find(std::string_view rtp_name, uint32_t clock_rate) const {
  for (const CodecInfo& info : codecs_) {
    if (info.clock_rate == clock_rate && same_name(info.rtp_name, rtp_name)) return &info;
  }
  return nullptr;
}

const CodecInfo* CodecRegistry::find_static(uint8_t payload_type) const {
  for (const CodecInfo& info : codecs_) {
    if (info.static_payload_type == payload_type) return &info;
  }
  return nullptr;
}

base::Result<std::unique_ptr<Encoder>> CodecRegistry::make_encoder(
    const CodecInfo& info, const EncoderSettings& settings, std::string_view remote_fmtp) const {
  std::unique_ptr<Encoder> encoder;
  if (same_name(info.rtp_name, "opus")) {
    encoder = make_opus_encoder(settings, remote_fmtp);
  } else if (is_pcm_codec(info)) {
    encoder = make_pcm_encoder(info, settings);
  } else {
    encoder = make_plugin_encoder(info, settings);
  }
  if (!encoder) return base::fail(unavailable(info));
  return encoder;
}

base::Result<std::unique_ptr<Decoder>> CodecRegistry::make_decoder(const CodecInfo& info) const {
  std::unique_ptr<Decoder> decoder;
  if (same_name(info.rtp_name, "opus")) {
    decoder = make_opus_decoder();
  } else if (is_pcm_codec(info)) {
    decoder = make_pcm_decoder(info);
  } else {
    decoder = make_plugin_decoder(info);
  }
  if (!decoder) return base::fail(unavailable(info));
  return decoder;
}

}  // namespace commd::codec
