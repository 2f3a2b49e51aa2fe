#include "media/codec/pcm_codecs.h"

#include <algorithm>

#include "media/codec/concealer.h"
#include "media/codec/g711.h"

namespace commd::codec {

namespace {

struct Ulaw {
  static constexpr size_t sample_size = 1;
  static void write(int16_t sample, uint8_t* out) { *out = encode_ulaw(sample); }
  static int16_t read(const uint8_t* in) { return decode_ulaw(*in); }
};

struct Alaw {
  static constexpr size_t sample_size = 1;
  static void write(int16_t sample, uint8_t* out) { *out = encode_alaw(sample); }
  static int16_t read(const uint8_t* in) { return decode_alaw(*in); }
};

// Network byte order.
struct Linear {
  static constexpr size_t sample_size = 2;
  static void write(int16_t sample, uint8_t* out) {
    out[0] = static_cast<uint8_t>(static_cast<uint16_t>(sample) >> 8);
    out[1] = static_cast<uint8_t>(sample);
  }
  static int16_t read(const uint8_t* in) { return static_cast<int16_t>(in[0] << 8 | in[1]); }
};

template <class Law>
class PcmEncoder final : public Encoder {
 public:
  explicit PcmEncoder(size_t frame) : frame_(frame) {}

  size_t samples_per_frame() const override { return frame_; }

  std::optional<size_t> encode(std::span<const int16_t> pcm, std::span<uint8_t> out) override {
    const size_t size = pcm.size() * Law::sample_size;
    if (pcm.size() != frame_ || out.size() < size) return std::nullopt;
    uint8_t* at = out.data();
    for (const int16_t sample : pcm) {
      Law::write(sample, at);
      at += Law::sample_size;
    }
    return size;
  }

  std::unique_ptr<Encoder> clone() const override { return std::make_unique<PcmEncoder>(frame_); }

 private:
  size_t frame_;
};

template <class Law>
class PcmDecoder final : public Decoder {
 public:
  explicit PcmDecoder(uint32_t sample_rate)
      : concealer_(sample_rate), last_(samples_in(std::chrono::milliseconds(20), sample_rate)) {}

  std::optional<size_t> decode(std::span<const uint8_t> payload, std::span<int16_t> out) override {
    const size_t samples = payload.size() / Law::sample_size;
    if (samples == 0 || samples > out.size() || payload.size() % Law::sample_size != 0) {
      return conceal(out.first(std::min(last_, out.size())));
    }
    for (size_t i = 0; i < samples; ++i) out[i] = Law::read(&payload[i * Law::sample_size]);
    concealer_.received(out.first(samples));
    last_ = samples;
    return samples;
  }

  std::optional<size_t> conceal(std::span<int16_t> out) override {
    concealer_.conceal(out);
    return out.size();
  }

 private:
  Concealer concealer_;
  size_t last_;  // samples of the last good packet, to conceal a bad one
};

enum class Law { ulaw, alaw, linear };

std::optional<Law> law_of(const CodecInfo& info) {
  if (info.rtp_name == "PCMU" && info.sample_rate == 8'000) return Law::ulaw;
  if (info.rtp_name == "PCMA" && info.sample_rate == 8'000) return Law::alaw;
  if (info.rtp_name == "L16" && info.channels == 1) return Law::linear;
  return std::nullopt;
}

// Two octets a sample: longer packets of L16 would not fit into an MTU.
constexpr std::chrono::milliseconds max_linear_ptime{40};

// A multiple of 10 ms.
size_t frame_samples(Law law, const CodecInfo& info, std::chrono::milliseconds ptime) {
  const auto longest = law == Law::linear ? max_linear_ptime : max_packet_duration;
  const auto tens = std::clamp<long>(ptime.count() / 10, 1, longest.count() / 10);
  return static_cast<size_t>(tens) * info.sample_rate / 100;
}

}  // namespace

CodecInfo pcmu_info() {
  return {.rtp_name = "PCMU", .clock_rate = 8'000, .sample_rate = 8'000, .static_payload_type = 0};
}

CodecInfo pcma_info() {
  return {.rtp_name = "PCMA", .clock_rate = 8'000, .sample_rate = 8'000, .static_payload_type = 8};
}

CodecInfo l16_info() {
  return {.rtp_name = "L16", .clock_rate = 16'000, .sample_rate = 16'000, .offered = false};
}

bool is_pcm_codec(const CodecInfo& info) { return law_of(info).has_value(); }

std::unique_ptr<Encoder> make_pcm_encoder(const CodecInfo& info, const EncoderSettings& settings) {
  const auto law = law_of(info);
  if (!law) return nullptr;
  const size_t frame = frame_samples(*law, info, settings.ptime);
  switch (*law) {
    case Law::ulaw:
      return std::make_unique<PcmEncoder<Ulaw>>(frame);
    case Law::alaw:
      return std::make_unique<PcmEncoder<Alaw>>(frame);
    case Law::linear:
      return std::make_unique<PcmEncoder<Linear>>(frame);
  }
  return nullptr;
}

std::unique_ptr<Decoder> make_pcm_decoder(const CodecInfo& info) {
  const auto law = law_of(info);
  if (!law) return nullptr;
  switch (*law) {
    case Law::ulaw:
      return std::make_unique<PcmDecoder<Ulaw>>(info.sample_rate);
    case Law::alaw:
      return std::make_unique<PcmDecoder<Alaw>>(info.sample_rate);
    case Law::linear:
      return std::make_unique<PcmDecoder<Linear>>(info.sample_rate);
  }
  return nullptr;
}

}  // namespace commd::codec
