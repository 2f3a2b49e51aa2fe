#include "media/codec/gst_codecs.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "media/codec/concealer.h"
#include "media/codec/gst_chain.h"
#include "media/codec/speex_frames.h"

namespace commd::codec {

namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

constexpr milliseconds frame_duration{20};
constexpr size_t max_speex_frame = 640;  // samples of 20 ms at 32 kHz

enum class Framing {
  octets,  // G.722: any number of octets
  blocks,  // GSM: blocks of a fixed size
  speex,   // frames that are not aligned to octets
};

// One encoder and one decoder element each. The RTP payload of all of these is
// what they give and take as it is, so that no payloader is needed, and none of
// GStreamer's depayloaders reads what a stranger sent.
struct PluginCodec {
  const char* rtp_name;
  uint32_t clock_rate;
  uint32_t sample_rate;
  std::optional<uint8_t> static_payload_type;
  const char* plugin;
  const char* encoder;
  const char* decoder;
  const char* media_type;  // between the two
  Framing framing;
  size_t block_size;     // octets of the smallest payload
  size_t block_samples;  // and the audio in it; not for Speex
  bool offered;
};

constexpr PluginCodec speex(uint32_t rate) {
  return {"speex",         rate,           rate, {}, "speex", "speexenc", "speexdec",
          "audio/x-speex", Framing::speex, 1,    0,  false};
}

constexpr std::array<PluginCodec, 5> plugin_codecs{{
    {"G722", 8'000, 16'000, 9, "libav", "avenc_g722", "avdec_g722", "audio/G722", Framing::octets,
     1, 2, true},
    speex(16'000),
    speex(32'000),
    speex(8'000),
    {"GSM", 8'000, 8'000, 3, "gsm", "gsmenc", "gsmdec", "audio/x-gsm", Framing::blocks, 33, 160,
     false},
}};

const PluginCodec* find_codec(const CodecInfo& info) {
  for (const PluginCodec& codec : plugin_codecs) {
    if (info.rtp_name == codec.rtp_name && info.clock_rate == codec.clock_rate) return &codec;
  }
  return nullptr;
}

std::string audio_caps(const PluginCodec& codec) {
  return "audio/x-raw,format=S16LE,layout=interleaved,channels=1,rate=" +
         std::to_string(codec.sample_rate);
}

std::string coded_caps(const PluginCodec& codec) {
  return std::string(codec.media_type) + ",channels=1,rate=" + std::to_string(codec.sample_rate);
}

// A list of folders as the environment has it; the name with GStreamer's version wins.
std::optional<std::string_view> folders_of(const char* versioned, const char* plain) {
  for (const char* name : {versioned, plain})
    if (const char* folders = std::getenv(name)) return folders;
  return std::nullopt;
}

bool is_in(std::string_view folders, const std::string& file) {
  while (!folders.empty()) {
    const size_t colon = folders.find(':');
    const std::filesystem::path folder(folders.substr(0, colon));
    std::error_code ignored;
    if (std::filesystem::is_regular_file(folder / file, ignored)) return true;
    if (colon == std::string_view::npos) break;
    folders.remove_prefix(colon + 1);
  }
  return false;
}

// A position in the stream, as GStreamer's time. No sum of samples overflows it
// within 100 years at 48 kHz.
nanoseconds time_of(uint64_t samples, uint32_t rate) {
  const uint64_t seconds = samples / rate;
  const uint64_t rest = samples % rate;
  return std::chrono::seconds(seconds) + nanoseconds(rest * 1'000'000'000 / rate);
}

class PluginEncoder final : public Encoder {
 public:
  PluginEncoder(std::unique_ptr<GstChain> chain, uint32_t rate, size_t frame)
      : chain_(std::move(chain)), rate_(rate), frame_(frame) {}

  size_t samples_per_frame() const override { return frame_; }

  std::optional<size_t> encode(std::span<const int16_t> pcm, std::span<uint8_t> out) override {
    if (pcm.size() != frame_) return std::nullopt;
    const auto at = time_of(position_, rate_);
    position_ += frame_;
    const auto* octets = reinterpret_cast<const uint8_t*>(pcm.data());
    return chain_->push({octets, pcm.size_bytes()}, at, time_of(frame_, rate_), out);
  }

 private:
  std::unique_ptr<GstChain> chain_;
  uint32_t rate_;
  size_t frame_;
  uint64_t position_ = 0;
};

// The decoder takes a header and a comment before the first frame.
bool send_speex_headers(GstChain& chain, uint32_t sample_rate) {
  constexpr std::array<uint8_t, 8> no_comment{};
  return chain.push(make_speex_header(sample_rate), {}, {}, {}) &&
         chain.push(no_comment, {}, {}, {});
}

// Null if an element is missing.
std::unique_ptr<GstChain> make_decoder_chain(const PluginCodec& codec) {
  // Garbage from the network is concealed however long it lasts.
  const std::array<ChainElement, 1> elements{
      ChainElement{codec.decoder, {{"max-errors", "-1"}, {"plc", "true"}}}};
  auto chain = GstChain::make(elements, {coded_caps(codec), audio_caps(codec)});
  const bool ready =
      chain && (codec.framing != Framing::speex || send_speex_headers(*chain, codec.sample_rate));
  return ready ? std::move(chain) : nullptr;
}

// The chain sees one gapless stream, whatever was lost.
class PluginDecoder final : public Decoder {
 public:
  PluginDecoder(std::unique_ptr<GstChain> chain, const PluginCodec& codec)
      : chain_(std::move(chain)),
        codec_(codec),
        concealer_(codec.sample_rate),
        last_(samples_in(frame_duration, codec.sample_rate)) {}

  std::optional<size_t> decode(std::span<const uint8_t> payload, std::span<int16_t> out) override {
    const auto samples =
        codec_.framing == Framing::speex ? decode_speex(payload, out) : decode_blocks(payload, out);
    if (!samples) return std::nullopt;
    if (*samples == 0) return conceal(out.first(std::min(last_, out.size())));
    last_ = *samples;
    if (codec_.framing != Framing::speex) concealer_.received(out.first(*samples));
    return samples;
  }

  std::optional<size_t> conceal(std::span<int16_t> out) override {
    if (codec_.framing == Framing::speex) return conceal_speex(out);
    concealer_.conceal(out);
    return out.size();
  }

 private:
  // 0: not a payload of this codec.
  std::optional<size_t> decode_blocks(std::span<const uint8_t> payload, std::span<int16_t> out) {
    const size_t blocks = payload.size() / codec_.block_size;
    if (blocks == 0 || payload.size() % codec_.block_size != 0) return 0;
    if (blocks > out.size() / codec_.block_samples) return 0;
    return run(payload, out);
  }

  std::optional<size_t> decode_speex(std::span<const uint8_t> payload, std::span<int16_t> out) {
    const auto frames = parse_speex(payload);
    if (!frames) return 0;
    if (mute_packets_ % mute_retry == mute_limit && !restart()) return std::nullopt;
    size_t samples = 0;
    for (size_t i = 0; i < frames->count; ++i) {
      std::array<uint8_t, 256> frame;
      const size_t size = extract_speex_frame(payload, frames->frames[i], frame);
      const auto done = run(std::span(frame).first(size), out.subspan(samples));
      if (!done) return std::nullopt;
      samples += *done;
    }
    const bool mute = std::ranges::all_of(out.first(samples), [](int16_t s) { return s == 0; });
    mute_packets_ = mute ? mute_packets_ + 1 : 0;
    return samples;
  }

  // The filters of Speex remember. After well-formed nonsense they may hold values that
  // are no numbers, and nothing but zeros ever comes out again. A voice is never so
  // silent for long; where it is, a new decoder is not heard either.
  bool restart() {
    chain_ = make_decoder_chain(codec_);
    position_ = 0;
    ++mute_packets_;
    return chain_ != nullptr;
  }

  // Speex predicts each frame from the last ones, so its decoder has to make up the
  // lost ones itself, a whole frame at a time.
  std::optional<size_t> conceal_speex(std::span<int16_t> out) {
    std::array<int16_t, max_speex_frame> frame;
    const size_t frame_size = samples_in(frame_duration, codec_.sample_rate);
    for (size_t at = 0; at < out.size(); at += frame_size) {
      frame.fill(0);
      const auto octets = std::span(reinterpret_cast<uint8_t*>(frame.data()), sizeof frame);
      const auto done = chain_->gap(time_of(position_, codec_.sample_rate), frame_duration, octets);
      if (!done) return std::nullopt;
      position_ += frame_size;
      const size_t wanted = std::min(frame_size, out.size() - at);
      std::copy_n(frame.begin(), wanted, out.begin() + static_cast<ptrdiff_t>(at));
    }
    return out.size();
  }

  std::optional<size_t> run(std::span<const uint8_t> coded, std::span<int16_t> out) {
    const auto octets = chain_->push(coded, time_of(position_, codec_.sample_rate), frame_duration,
                                     {reinterpret_cast<uint8_t*>(out.data()), out.size_bytes()});
    if (!octets) return std::nullopt;
    const size_t samples = *octets / sizeof(int16_t);
    position_ += samples;
    return samples;
  }

  static constexpr unsigned mute_limit = 10;   // packets in a row that were all zeros
  static constexpr unsigned mute_retry = 250;  // and after so many once more

  std::unique_ptr<GstChain> chain_;
  const PluginCodec& codec_;
  Concealer concealer_;
  size_t last_;  // samples of the last good packet, to conceal a bad one
  uint64_t position_ = 0;
  unsigned mute_packets_ = 0;
};

}  // namespace

std::vector<CodecInfo> plugin_codec_infos() {
  std::vector<CodecInfo> infos;
  for (const PluginCodec& codec : plugin_codecs)
    infos.push_back({.rtp_name = codec.rtp_name,
                     .clock_rate = codec.clock_rate,
                     .sample_rate = codec.sample_rate,
                     .static_payload_type = codec.static_payload_type,
                     .offered = codec.offered,
                     .plugin = codec.plugin});
  return infos;
}

bool is_plugin_installed(std::string_view plugin) {
  const std::string file = "libgst" + std::string(plugin) + ".so";
  const auto own = folders_of("GST_PLUGIN_PATH_1_0", "GST_PLUGIN_PATH");
  const auto system = folders_of("GST_PLUGIN_SYSTEM_PATH_1_0", "GST_PLUGIN_SYSTEM_PATH");
  return is_in(own.value_or(""), file) || is_in(system.value_or(COMMD_GST_PLUGINS), file);
}

std::unique_ptr<Encoder> make_plugin_encoder(const CodecInfo& info,
                                             const EncoderSettings& settings) {
  const PluginCodec* codec = find_codec(info);
  if (codec == nullptr) return nullptr;
  const auto frames =
      std::clamp<long>(settings.ptime / frame_duration, 1, max_packet_duration / frame_duration);
  const std::array<ChainElement, 1> elements{
      ChainElement{codec->encoder, {{"nframes", std::to_string(frames)}}}};
  auto chain = GstChain::make(elements, {audio_caps(*codec), codec->media_type});
  if (!chain) return nullptr;
  const size_t frame = samples_in(frames * frame_duration, codec->sample_rate);
  return std::make_unique<PluginEncoder>(std::move(chain), codec->sample_rate, frame);
}

std::unique_ptr<Decoder> make_plugin_decoder(const CodecInfo& info) {
  const PluginCodec* codec = find_codec(info);
  if (codec == nullptr) return nullptr;
  auto chain = make_decoder_chain(*codec);
  if (!chain) return nullptr;
  return std::make_unique<PluginDecoder>(std::move(chain), *codec);
}

}  // namespace commd::codec
