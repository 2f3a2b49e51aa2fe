#include "media/codec/opus_codec.h"

#include <opus.h>

#include <algorithm>
#include <array>
#include <climits>
#include <cstring>
#include <new>
#include <vector>

#include "media/codec/opus_params.h"

namespace commd::codec {

namespace {

constexpr int rate = 48'000;
constexpr int mono = 1;
constexpr size_t step = rate / 400;  // 2.5 ms: libopus conceals in multiples of it
constexpr size_t max_packet = 1'500;
// One or two octets are a table of contents and no audio: DTX (opus_encoder.h).
constexpr int largest_dtx_packet = 2;

struct EncoderDeleter {
  void operator()(OpusEncoder* state) const noexcept { opus_encoder_destroy(state); }
};
struct DecoderDeleter {
  void operator()(OpusDecoder* state) const noexcept { opus_decoder_destroy(state); }
};
using EncoderState = std::unique_ptr<OpusEncoder, EncoderDeleter>;
using DecoderState = std::unique_ptr<OpusDecoder, DecoderDeleter>;

EncoderState new_encoder() {
  int error = OPUS_OK;
  EncoderState state(opus_encoder_create(rate, mono, OPUS_APPLICATION_VOIP, &error));
  if (error != OPUS_OK) state.reset();
  return state;
}

opus_int32 bandwidth_for(unsigned playback_rate) {
  if (playback_rate >= 48'000) return OPUS_BANDWIDTH_FULLBAND;
  if (playback_rate >= 24'000) return OPUS_BANDWIDTH_SUPERWIDEBAND;
  if (playback_rate >= 16'000) return OPUS_BANDWIDTH_WIDEBAND;
  if (playback_rate >= 12'000) return OPUS_BANDWIDTH_MEDIUMBAND;
  return OPUS_BANDWIDTH_NARROWBAND;
}

// The longest frame of Opus that is not above `ptime`.
size_t frame_samples(std::chrono::milliseconds ptime) {
  constexpr std::array<int, 7> durations{120, 100, 80, 60, 40, 20, 10};
  for (const int duration : durations) {
    if (ptime.count() >= duration) return static_cast<size_t>(duration) * rate / 1000;
  }
  return rate / 100;
}

class OpusAudioEncoder final : public Encoder {
 public:
  OpusAudioEncoder(EncoderState state, size_t frame, unsigned max_bitrate)
      : state_(std::move(state)), frame_(frame), max_bitrate_(max_bitrate) {}

  size_t samples_per_frame() const override { return frame_; }

  std::optional<size_t> encode(std::span<const int16_t> pcm, std::span<uint8_t> out) override {
    if (pcm.size() != frame_ || out.empty()) return std::nullopt;
    const auto room = static_cast<opus_int32>(std::min(out.size(), max_packet));
    const int size =
        opus_encode(state_.get(), pcm.data(), static_cast<int>(frame_), out.data(), room);
    if (size < 0) return std::nullopt;
    return size <= largest_dtx_packet ? 0 : static_cast<size_t>(size);
  }

  void set_bitrate(unsigned bitrate) override {
    const unsigned bounded = std::clamp(bitrate, 6'000u, max_bitrate_);
    opus_encoder_ctl(state_.get(), OPUS_SET_BITRATE(static_cast<opus_int32>(bounded)));
  }

  void set_expected_loss(unsigned percent) override {
    const auto bounded = static_cast<opus_int32>(std::min(percent, 100u));
    opus_encoder_ctl(state_.get(), OPUS_SET_PACKET_LOSS_PERC(bounded));
  }

  std::unique_ptr<Encoder> clone() const override {
    EncoderState copy = new_encoder();
    if (!copy) return nullptr;
    // "The encoder state is always continuous in memory and only a shallow copy is
    // sufficient to copy it" (opus.h).
    std::memcpy(static_cast<void*>(copy.get()), state_.get(),
                static_cast<size_t>(opus_encoder_get_size(mono)));
    return std::make_unique<OpusAudioEncoder>(std::move(copy), frame_, max_bitrate_);
  }

 private:
  EncoderState state_;
  size_t frame_;
  unsigned max_bitrate_;
};

class OpusAudioDecoder final : public Decoder {
 public:
  explicit OpusAudioDecoder(DecoderState state) : state_(std::move(state)) {}

  std::optional<size_t> decode(std::span<const uint8_t> payload, std::span<int16_t> out) override {
    const size_t samples = audible_samples(payload, out.size());
    if (samples == 0) return conceal(out.first(std::min(last_, out.size())));
    const int done = run(payload, out.first(samples), no_fec);
    if (done <= 0) return conceal(out.first(std::min(last_, out.size())));
    last_ = static_cast<size_t>(done);
    return last_;
  }

  std::optional<size_t> conceal(std::span<int16_t> out) override {
    std::span<int16_t> rest = out;
    while (!rest.empty()) {
      const size_t whole = std::min(rest.size() / step * step, longest_concealment);
      if (whole > 0) {
        conceal_steps(rest.first(whole));
        rest = rest.subspan(whole);
      } else {
        std::array<int16_t, step> last;
        conceal_steps(last);
        std::copy_n(last.begin(), rest.size(), rest.begin());
        rest = {};
      }
    }
    return out.size();
  }

  // RFC 6716, sections 4.2.3 and 4.2.4: SILK's first bits, of each channel, are a flag of activity
  // for each 20 ms, and then the one that is wanted.
  bool repeats_previous(std::span<const uint8_t> next) const override {
    if (next.empty() || next.size() > max_packet || (next[0] & celt_only) != 0) return false;
    std::array<const uint8_t*, most_frames> frames{};
    std::array<opus_int16, most_frames> sizes{};
    const int count = opus_packet_parse(next.data(), static_cast<opus_int32>(next.size()), nullptr,
                                        frames.data(), sizes.data(), nullptr);
    if (count <= 0 || sizes[0] == 0) return false;
    const int parts =
        std::max(1, opus_packet_get_samples_per_frame(next.data(), rate) / (rate / 50));
    const unsigned bits = frames[0][0];
    const bool stereo = opus_packet_get_nb_channels(next.data()) == 2;
    return (bits >> (7 - parts) & 1U) != 0 || (stereo && (bits >> (6 - 2 * parts) & 1U) != 0);
  }

  std::optional<size_t> decode_fec(std::span<const uint8_t> next, std::span<int16_t> out) override {
    const bool usable = !out.empty() && out.size() % step == 0 &&
                        audible_samples(next, samples_in(max_packet_duration, rate)) > 0;
    if (!usable || run(next, out, with_fec) != static_cast<int>(out.size())) return conceal(out);
    return out.size();
  }

 private:
  static constexpr int no_fec = 0;
  static constexpr int with_fec = 1;
  static constexpr size_t longest_concealment = rate / 50;
  static constexpr uint8_t celt_only = 0x80;  // of the table of contents, RFC 6716, section 3.1
  static constexpr size_t most_frames = 48;   // of a packet

  // Samples of a well-formed packet that fits into `room`, else 0.
  static size_t audible_samples(std::span<const uint8_t> payload, size_t room) {
    if (payload.empty() || payload.size() > max_packet) return 0;
    const int samples =
        opus_packet_get_nb_samples(payload.data(), static_cast<opus_int32>(payload.size()), rate);
    if (samples <= 0 || static_cast<size_t>(samples) > room) return 0;
    return static_cast<size_t>(samples);
  }

  int run(std::span<const uint8_t> payload, std::span<int16_t> out, int fec) {
    return opus_decode(state_.get(), payload.data(), static_cast<opus_int32>(payload.size()),
                       out.data(), static_cast<int>(out.size()), fec);
  }

  void conceal_steps(std::span<int16_t> out) {
    const int done =
        opus_decode(state_.get(), nullptr, 0, out.data(), static_cast<int>(out.size()), no_fec);
    if (done != static_cast<int>(out.size())) std::fill(out.begin(), out.end(), int16_t{0});
  }

  DecoderState state_;
  size_t last_ = rate / 50;  // samples of the last good packet, to conceal a bad one
};

}  // namespace

CodecInfo opus_info() {
  OpusParams receive;
  receive.use_inband_fec = true;
  return {.rtp_name = "opus",
          .clock_rate = rate,
          .sample_rate = rate,
          .channels = 2,
          .static_payload_type = std::nullopt,
          .default_fmtp = print_opus_fmtp(receive)};
}

std::unique_ptr<Encoder> make_opus_encoder(const EncoderSettings& settings,
                                           std::string_view remote_fmtp) {
  EncoderState state = new_encoder();
  if (!state) return nullptr;
  const OpusParams remote = parse_opus_fmtp(remote_fmtp);
  const bool fec = settings.fec && remote.use_inband_fec;
  const bool dtx = settings.dtx || remote.use_dtx;
  OpusEncoder* raw = state.get();
  opus_encoder_ctl(raw, OPUS_SET_COMPLEXITY(std::clamp(settings.complexity, 0, 10)));
  opus_encoder_ctl(raw, OPUS_SET_INBAND_FEC(fec ? 1 : 0));
  opus_encoder_ctl(raw, OPUS_SET_DTX(dtx ? 1 : 0));
  opus_encoder_ctl(raw, OPUS_SET_VBR(remote.cbr ? 0 : 1));
  opus_encoder_ctl(raw, OPUS_SET_MAX_BANDWIDTH(bandwidth_for(remote.max_playback_rate)));
  const unsigned max_bitrate =
      remote.max_average_bitrate == 0 ? 510'000 : remote.max_average_bitrate;
  auto encoder = std::make_unique<OpusAudioEncoder>(std::move(state), frame_samples(settings.ptime),
                                                    max_bitrate);
  encoder->set_bitrate(settings.bitrate);
  encoder->set_expected_loss(settings.expected_loss);
  return encoder;
}

std::unique_ptr<Decoder> make_opus_decoder() {
  int error = OPUS_OK;
  DecoderState state(opus_decoder_create(rate, mono, &error));
  if (error != OPUS_OK || !state) return nullptr;
  return std::make_unique<OpusAudioDecoder>(std::move(state));
}

}  // namespace commd::codec
