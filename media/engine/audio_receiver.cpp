#include "media/engine/audio_receiver.h"

#include <algorithm>

namespace commd::engine {
namespace {

using rtp::JitterBuffer;
using rtp::RtpReceiver;

// Quieter than -50 dBov: delay may be corrected there without being heard.
constexpr int64_t silence_mean_square = int64_t{104} * 104;
// Pulls for one frame. A stream of absurdly short packets gets no more time.
constexpr int max_pulls = 16;

bool is_silent(std::span<const int16_t> samples) {
  int64_t sum = 0;
  for (const int16_t sample : samples) sum += int32_t{sample} * sample;
  return sum <= silence_mean_square * static_cast<int64_t>(samples.size());
}

}  // namespace

void AudioReceiver::configure(const Config& config) {
  current_ = nullptr;
  std::vector<Stream> streams;
  for (const NegotiatedFormat& format : config.formats) {
    Stream stream;
    stream.format = format;
    stream.info = registry_.find(format.format.name, format.format.clock_rate);
    // A decoder in use goes on where its payload type means the same as before.
    for (Stream& old : streams_)
      if (old.format == format) stream.decoder = std::move(old.decoder);
    if (stream.info != nullptr) streams.push_back(std::move(stream));
  }
  streams_ = std::move(streams);
  events_ = config.events;
  ptime_ms_ = config.ptime_ms;
  if (receiver_.packets() == 0) {
    RtpReceiver::Config receiver;
    receiver.clock_rate = streams_.empty() ? 8000 : streams_.front().format.format.clock_rate;
    receiver.min_sequential = config.authenticated ? 1 : 2;
    receiver_ = RtpReceiver(receiver);
  }
}

bool AudioReceiver::knows(uint8_t payload_type) const {
  return find_events(payload_type) != nullptr ||
         std::any_of(streams_.begin(), streams_.end(), [&](const Stream& stream) {
           return stream.format.format.payload_type == payload_type;
         });
}

AudioReceiver::Stream* AudioReceiver::find(uint8_t payload_type) {
  if (current_ != nullptr && current_->format.format.payload_type == payload_type) return current_;
  for (Stream& stream : streams_)
    if (stream.format.format.payload_type == payload_type) return &stream;
  return nullptr;
}

const EventFormat* AudioReceiver::find_events(uint8_t payload_type) const {
  for (const EventFormat& format : events_)
    if (format.payload_type == payload_type) return &format;
  return nullptr;
}

// A decoder, and a jitter buffer of the right clock.
bool AudioReceiver::prepare(Stream& stream) {
  if (!stream.decoder) {
    auto decoder = registry_.make_decoder(*stream.info);
    if (!decoder) {
      failed_ = true;
      return false;
    }
    stream.decoder = std::move(*decoder);
  }
  const uint32_t clock_rate = stream.format.format.clock_rate;
  if (current_ == &stream && buffer_) return true;
  current_ = &stream;
  if (!buffer_ || buffer_clock_ != clock_rate) {
    if (buffer_clock_ != 0) receiver_.set_clock_rate(clock_rate);
    const auto packet_time = std::chrono::milliseconds(std::max(ptime_ms_, 10U));
    buffer_.emplace(JitterBuffer::Config{clock_rate, packet_time, jitter_});
    buffer_clock_ = clock_rate;
  }
  return true;
}

AudioReceiver::Outcome AudioReceiver::on_packet(const rtp::RtpPacketView& packet,
                                                base::MonoTime now) {
  Outcome outcome;
  const EventFormat* events = find_events(packet.header().payload_type);
  Stream* stream = events != nullptr ? nullptr : find(packet.header().payload_type);
  if (events == nullptr && (stream == nullptr || !prepare(*stream))) return outcome;
  const auto timing = events != nullptr ? RtpReceiver::Timing::event : RtpReceiver::Timing::media;
  const auto received = receiver_.on_packet(packet.header(), packet.payload().size(), now, timing);
  switch (received.verdict) {
    case RtpReceiver::Verdict::probation:
      return outcome;
    case RtpReceiver::Verdict::duplicate:
      outcome.accepted = true;
      return outcome;
    case RtpReceiver::Verdict::restarted:
      if (buffer_) buffer_->restart();
      if (digits_) outcome.digits = digits_->reset();
      event_packets_ = 0;
      break;
    case RtpReceiver::Verdict::accepted:
    case RtpReceiver::Verdict::late:
      break;
  }
  outcome.accepted = true;
  if (events != nullptr) {
    auto digits = on_event(*events, packet, received.verdict, now);
    if (digits.count > 0) outcome.digits = digits;
  } else if (audible_) {
    play_out(packet, received, *stream, now);
  }
  return outcome;
}

rtp::DtmfReceiver::Events AudioReceiver::on_event(const EventFormat& format,
                                                  const rtp::RtpPacketView& packet,
                                                  RtpReceiver::Verdict verdict,
                                                  base::MonoTime now) {
  // Taken out of the numbering that the jitter buffer sees, so that a digit is a
  // pause to it and not a row of losses.
  if (verdict != RtpReceiver::Verdict::late) ++event_packets_;
  if (!digits_ || digits_clock_ != format.clock_rate) {
    digits_.emplace(rtp::DtmfReceiver::Config{format.clock_rate});
    digits_clock_ = format.clock_rate;
  }
  return digits_->on_packet(packet.header().timestamp, packet.payload(), now);
}

rtp::DtmfReceiver::Events AudioReceiver::on_time(base::MonoTime now) {
  if (!digits_ || !digits_->sounding()) return {};
  return digits_->on_time(now);
}

void AudioReceiver::play_out(const rtp::RtpPacketView& packet,
                             const RtpReceiver::Received& received, Stream& stream,
                             base::MonoTime now) {
  JitterBuffer::Packet queued;
  queued.payload = packet.payload();
  queued.sequence = received.extended_sequence - event_packets_;
  queued.timestamp = packet.header().timestamp;
  queued.payload_type = stream.format.format.payload_type;
  queued.repeats_previous = stream.decoder->repeats_previous(queued.payload);
  buffer_->insert(queued, now);
  if (decoded_rate_ == 0) decoded_rate_ = stream.format.sample_rate;
}

void AudioReceiver::set_audible(bool audible) {
  if (audible && !audible_ && buffer_) buffer_->restart();
  if (!audible) decoded_start_ = decoded_end_ = 0;
  audible_ = audible;
}

std::span<int16_t> AudioReceiver::room(size_t samples) {
  if (decoded_start_ > 0) {
    std::copy(decoded_.begin() + static_cast<ptrdiff_t>(decoded_start_),
              decoded_.begin() + static_cast<ptrdiff_t>(decoded_end_), decoded_.begin());
    decoded_end_ -= decoded_start_;
    decoded_start_ = 0;
  }
  if (decoded_.size() < decoded_end_ + samples) decoded_.resize(decoded_end_ + samples);
  return std::span(decoded_).subspan(decoded_end_, samples);
}

void AudioReceiver::append_frame(const JitterBuffer::Pulled& pulled) {
  Stream* stream = find(pulled.payload_type);
  if (stream == nullptr || !stream->decoder) {  // its payload type was negotiated away
    buffer_->decoded(pulled.duration, JitterBuffer::Activity::silent);
    append_gap(pulled);
    return;
  }
  if (stream->format.sample_rate != decoded_rate_) {
    decoded_rate_ = stream->format.sample_rate;
    decoded_start_ = decoded_end_ = 0;
  }
  const auto out = room(codec::max_packet_samples(*stream->info));
  const auto samples = stream->decoder->decode(pulled.payload, out);
  if (!samples) failed_ = true;
  const size_t count = samples.value_or(0);
  decoded_end_ += count;
  const auto units = static_cast<uint32_t>(count * buffer_clock_ / decoded_rate_);
  buffer_->decoded(units, is_silent(out.first(count)) ? JitterBuffer::Activity::silent
                                                      : JitterBuffer::Activity::active);
}

void AudioReceiver::append_gap(const JitterBuffer::Pulled& pulled) {
  const size_t samples = size_t{pulled.duration} * decoded_rate_ / buffer_clock_;
  const auto out = room(samples);
  decoded_end_ += samples;
  codec::Decoder* decoder = current_ != nullptr ? current_->decoder.get() : nullptr;
  const bool sounds = decoder != nullptr && current_->format.sample_rate == decoded_rate_;
  std::optional<size_t> filled;
  if (sounds && pulled.kind == JitterBuffer::Kind::fec) {
    if (decoder->repeats_previous(pulled.payload)) ++recovered_;
    filled = decoder->decode_fec(pulled.payload, out);
  } else if (sounds && pulled.kind == JitterBuffer::Kind::lost) {
    filled = decoder->conceal(out);
  }
  if (!filled) std::fill(out.begin(), out.end(), int16_t{0});
}

void AudioReceiver::append(const JitterBuffer::Pulled& pulled) {
  if (pulled.kind == JitterBuffer::Kind::frame) {
    append_frame(pulled);
  } else {
    append_gap(pulled);
  }
}

// Enough for one frame at decoded_rate_. False: there is nothing but silence.
bool AudioReceiver::fill(base::MonoTime now) {
  bool sounds = available() > 0;
  for (int pulls = 0; pulls < max_pulls && available() < frame_samples(); ++pulls) {
    const size_t missing = frame_samples() - available();
    const auto wanted =
        static_cast<uint32_t>((missing * buffer_clock_ + decoded_rate_ - 1) / decoded_rate_);
    const auto ahead = std::chrono::microseconds(available() * 1'000'000 / decoded_rate_);
    const auto pulled = buffer_->pull(now + ahead, wanted);
    if (pulled.kind == JitterBuffer::Kind::silence && !sounds && pulled.duration >= wanted)
      return false;
    sounds = true;
    append(pulled);
  }
  if (available() < frame_samples()) {
    const size_t missing = frame_samples() - available();
    std::ranges::fill(room(missing), int16_t{0});
    decoded_end_ += missing;
  }
  return true;
}

bool AudioReceiver::pull(std::span<int16_t> frame, uint32_t rate, base::MonoTime now) {
  if (!buffer_ || decoded_rate_ == 0 || !audible_ || !fill(now)) return false;
  const auto source = std::span<const int16_t>(decoded_).subspan(decoded_start_, frame_samples());
  if (decoded_rate_ == rate) {
    std::ranges::copy(source, frame.begin());
  } else {
    adapter_.convert(source, decoded_rate_, frame, rate);
  }
  decoded_start_ += source.size();
  ++frames_played_;
  return true;
}

JitterBuffer::Stats AudioReceiver::buffer_stats() const {
  return buffer_ ? buffer_->stats() : JitterBuffer::Stats{};
}

std::string AudioReceiver::codec_name() const {
  if (current_ == nullptr) return {};
  return current_->info->rtp_name + "/" + std::to_string(current_->info->clock_rate);
}

}  // namespace commd::engine
