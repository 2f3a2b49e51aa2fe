#include "media/engine/audio_sender.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace commd::engine {
namespace {

constexpr unsigned opus_bitrate = 32'000;
// Loss is expected in steps, so that the encoder is not bothered by every report.
// Percent, as the encoder is told for each 5 % of loss that the peer reports, rounded up.
// libopus 1.3 repeats nothing for as little as 5 at our bitrate, and takes ever more from the
// speech itself for more than 10, which is understood worse then at every loss up to 30 %.
constexpr double loss_step_percent = 5;
constexpr std::array<unsigned, 3> expected_loss{0, 6, 10};
// Packets that end a digit, and those of its tone, go out within this many ticks.
constexpr int most_closing_ticks = 8;

// RFC 8866 9.15: how the parameters of a format stand in a=fmtp.
std::string to_fmtp(const model::PayloadFormat& format) {
  std::string text;
  for (const auto& [name, value] : format.parameters) {
    if (!text.empty()) text += ';';
    text += value.empty() ? name : name + "=" + value;
  }
  return text;
}

}  // namespace

AudioSender::AudioSender(const codec::CodecRegistry& registry)
    : registry_(registry), rtp_(rtp::RtpSender::random_config(0, 8000)) {}

base::Result<void> AudioSender::configure(const Config& config) {
  const bool same_codec =
      encoder_ && config.format == config_.format && config.ptime_ms == config_.ptime_ms;
  const bool same_events = config.events == config_.events;
  config_ = config;
  if (!same_codec) {
    if (auto made = make_encoder(); !made) return made;
  }
  if (!config_.events) {
    digits_.reset();
  } else if (!same_events || !digits_) {
    digits_.emplace(rtp::DtmfSender::Config{config_.events->clock_rate, tone_});
  }
  return {};
}

base::Result<void> AudioSender::make_encoder() {
  const model::PayloadFormat& format = config_.format.format;
  info_ = registry_.find(format.name, format.clock_rate);
  if (info_ == nullptr)
    return base::fail(base::Code::internal, "CODEC_UNAVAILABLE", "no codec " + format.name);
  codec::EncoderSettings settings;
  settings.ptime = std::chrono::milliseconds(config_.ptime_ms);
  settings.bitrate = opus_bitrate;
  settings.complexity = config_.complexity;
  settings.expected_loss = expected_loss[loss_level_];
  auto encoder = registry_.make_encoder(*info_, settings, to_fmtp(format));
  if (!encoder) return base::fail(encoder.error());
  encoder_ = std::move(*encoder);
  rtp_.set_payload_type(format.payload_type, format.clock_rate);
  gathered_.clear();
  return {};
}

void AudioSender::skip_frames(unsigned frames) {
  if (config_.format.format.clock_rate == 0) return;
  const size_t lost = gathered_.size() * config_.format.format.clock_rate / sample_rate();
  gathered_.clear();
  rtp_.skip(frames * units_per_frame() + static_cast<uint32_t>(lost));
}

bool AudioSender::queue_digits(const std::string& digits, std::chrono::milliseconds tone) {
  if (!digits_ || digits_->waiting() + digits.size() > rtp::DtmfSender::queue_capacity)
    return false;
  const bool understood = std::all_of(digits.begin(), digits.end(), [&](char digit) {
    const auto event = rtp::dtmf_event_of(digit);
    return event && *event < 16 && (config_.events->events >> *event & 1) != 0;
  });
  if (!understood) return false;
  if (tone != tone_ && !digits_->active()) {
    tone_ = tone;
    digits_.emplace(rtp::DtmfSender::Config{config_.events->clock_rate, tone_});
  }
  for (const char digit : digits) digits_->queue(digit);
  return true;
}

void AudioSender::send_event(const rtp::DtmfSender::Packet& packet, Scratch& scratch,
                             PacketSink& sink) {
  const rtp::RtpSender::EventPacket event{config_.events->payload_type, packet.marker,
                                          packet.timestamp};
  const size_t length = rtp_.packetise_event(scratch.sent, event, packet.payload);
  if (length > 0) sink.send_rtp(scratch.sent, length);
}

// True while digits take the place of speech.
bool AudioSender::tick_digits(Scratch& scratch, PacketSink& sink) {
  if (!digits_ || !digits_->active()) return false;
  const auto packet = digits_->tick(rtp_.next_timestamp(), config_.events->clock_rate / 50);
  if (packet) send_event(*packet, scratch, sink);
  skip_frames(1);
  return true;
}

void AudioSender::finish_digits(Scratch& scratch, PacketSink& sink) {
  if (!digits_ || !digits_->active()) return;
  digits_->clear();
  for (int ticks = 0; ticks < most_closing_ticks && digits_->active(); ++ticks)
    tick_digits(scratch, sink);
}

void AudioSender::send_frame(std::span<const int16_t> frame, uint32_t rate, base::MonoTime now,
                             Scratch& scratch, PacketSink& sink) {
  if (!encoder_ || tick_digits(scratch, sink)) return;
  const size_t samples = sample_rate() / 50;
  if (frame.empty() || rate != sample_rate()) {
    adapted_.assign(samples, 0);
    if (!frame.empty()) adapter_.convert(frame, rate, adapted_, sample_rate());
    frame = adapted_;
  }
  const size_t packet = encoder_->samples_per_frame();
  if (packet == frame.size() && gathered_.empty()) {
    encode(frame, now, scratch, sink);
    return;
  }
  gathered_.insert(gathered_.end(), frame.begin(), frame.end());
  size_t done = 0;
  for (; gathered_.size() - done >= packet; done += packet)
    encode(std::span(gathered_).subspan(done, packet), now, scratch, sink);
  gathered_.erase(gathered_.begin(), gathered_.begin() + static_cast<ptrdiff_t>(done));
}

void AudioSender::encode(std::span<const int16_t> packet, base::MonoTime now, Scratch& scratch,
                         PacketSink& sink) {
  const auto units =
      static_cast<uint32_t>(packet.size() * config_.format.format.clock_rate / sample_rate());
  const auto size = encoder_->encode(packet, scratch.payload);
  if (!size) {
    failed_ = true;
    encoder_.reset();
    return;
  }
  if (*size == 0) {  // DTX
    rtp_.skip(units);
    return;
  }
  const auto payload = std::span<const uint8_t>(scratch.payload).first(*size);
  const size_t length = rtp_.packetise(scratch.sent, payload, units, now);
  if (length > 0) sink.send_rtp(scratch.sent, length);
}

void AudioSender::set_remote_loss(double fraction) {
  const double steps = std::ceil(std::clamp(fraction, 0.0, 1.0) * 100 / loss_step_percent);
  size_t level = std::min(static_cast<size_t>(steps), expected_loss.size() - 1);
  if (level < loss_level_) level = loss_level_ - 1;
  if (level == loss_level_ || !encoder_) return;
  loss_level_ = level;
  encoder_->set_expected_loss(expected_loss[level]);
}

std::string AudioSender::codec_name() const {
  if (info_ == nullptr) return {};
  return info_->rtp_name + "/" + std::to_string(info_->clock_rate);
}

}  // namespace commd::engine
