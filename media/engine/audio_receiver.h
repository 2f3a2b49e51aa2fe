// What one remote stream becomes: RTP packets in, even frames of audio out, and the
// digits among them. Receiver, jitter buffer, decoders and digit receiver of one
// branch.
//
// The session's worker. Decoders are made when the first packet of their payload
// type comes; the codec of each packet is told by its payload type, so that a peer
// may change it at any time.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "daemon/base/time.h"
#include "media/codec/codec_registry.h"
#include "media/engine/formats.h"
#include "media/engine/rate_adapter.h"
#include "media/rtp/dtmf.h"
#include "media/rtp/jitter_buffer.h"
#include "media/rtp/receiver.h"

namespace commd::engine {

class AudioReceiver {
 public:
  struct Config {
    std::vector<NegotiatedFormat> formats;
    std::vector<EventFormat> events;
    unsigned ptime_ms = 20;
    // SRTP: the first packet of a source is believed.
    bool authenticated = false;
  };

  struct Outcome {
    bool accepted = false;  // media of the stream we listen to
    rtp::DtmfReceiver::Events digits;
  };

  AudioReceiver(const codec::CodecRegistry& registry, const rtp::DelayEstimator::Bounds& jitter)
      : registry_(registry), jitter_(jitter) {}

  // After each negotiation; counts go on.
  void configure(const Config& config);

  bool knows(uint8_t payload_type) const;
  Outcome on_packet(const rtp::RtpPacketView& packet, base::MonoTime now);
  // Digits whose end was lost end in time.
  rtp::DtmfReceiver::Events on_time(base::MonoTime now);

  // Silent branches of a forked call are counted, not played.
  void set_audible(bool audible);
  // Fills a frame of 20 ms at `rate` Hz. False: silence.
  bool pull(std::span<int16_t> frame, uint32_t rate, base::MonoTime now);

  const rtp::RtpReceiver& receiver() const { return receiver_; }
  rtp::RtpReceiver& receiver() { return receiver_; }
  rtp::JitterBuffer::Stats buffer_stats() const;
  uint64_t frames_played() const { return frames_played_; }
  // Lost packets that the next one repeated.
  uint64_t recovered() const { return recovered_; }
  // "opus/48000"; empty before the first packet.
  std::string codec_name() const;
  // The decoder has failed for good.
  bool failed() const { return failed_; }

 private:
  struct Stream {
    NegotiatedFormat format;
    const codec::CodecInfo* info = nullptr;
    std::unique_ptr<codec::Decoder> decoder;
  };

  Stream* find(uint8_t payload_type);
  const EventFormat* find_events(uint8_t payload_type) const;
  bool prepare(Stream& stream);
  rtp::DtmfReceiver::Events on_event(const EventFormat& format, const rtp::RtpPacketView& packet,
                                     rtp::RtpReceiver::Verdict verdict, base::MonoTime now);
  void play_out(const rtp::RtpPacketView& packet, const rtp::RtpReceiver::Received& received,
                Stream& stream, base::MonoTime now);
  size_t available() const { return decoded_end_ - decoded_start_; }
  size_t frame_samples() const { return decoded_rate_ / 50; }
  bool fill(base::MonoTime now);
  void append(const rtp::JitterBuffer::Pulled& pulled);
  void append_frame(const rtp::JitterBuffer::Pulled& pulled);
  void append_gap(const rtp::JitterBuffer::Pulled& pulled);
  std::span<int16_t> room(size_t samples);

  const codec::CodecRegistry& registry_;
  rtp::DelayEstimator::Bounds jitter_;
  std::vector<Stream> streams_;
  std::vector<EventFormat> events_;
  unsigned ptime_ms_ = 20;
  Stream* current_ = nullptr;  // of the last packet
  rtp::RtpReceiver receiver_{rtp::RtpReceiver::Config{}};
  std::optional<rtp::JitterBuffer> buffer_;
  uint32_t buffer_clock_ = 0;
  std::optional<rtp::DtmfReceiver> digits_;
  uint32_t digits_clock_ = 0;
  int64_t event_packets_ = 0;
  bool audible_ = true;
  bool failed_ = false;
  uint64_t frames_played_ = 0;
  uint64_t recovered_ = 0;

  // Decoded and not played yet, at decoded_rate_.
  std::vector<int16_t> decoded_;
  size_t decoded_start_ = 0;
  size_t decoded_end_ = 0;
  uint32_t decoded_rate_ = 0;
  RateAdapter adapter_;
};

}  // namespace commd::engine
