// What we say to one branch: frames of audio in, RTP packets out, with digits in
// their place. Encoder, packetiser and digit sender.
//
// The session's worker. Called once each 20 ms; packets of another length are
// gathered or cut from those frames.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "daemon/base/result.h"
#include "daemon/base/time.h"
#include "media/codec/codec_registry.h"
#include "media/engine/formats.h"
#include "media/engine/rate_adapter.h"
#include "media/engine/scratch.h"
#include "media/rtp/dtmf.h"
#include "media/rtp/sender.h"

namespace commd::engine {

// Where finished RTP packets go. `length` octets of the buffer are the packet; there
// is room behind it for SRTP's tag.
class PacketSink {
 public:
  virtual ~PacketSink() = default;
  virtual void send_rtp(std::span<uint8_t> buffer, size_t length) = 0;
};

class AudioSender {
 public:
  struct Config {
    NegotiatedFormat format;
    std::optional<EventFormat> events;
    unsigned ptime_ms = 20;
    int complexity = 5;
  };

  explicit AudioSender(const codec::CodecRegistry& registry);

  // After each negotiation: SSRC, sequence and timestamp go on. CODEC_UNAVAILABLE.
  base::Result<void> configure(const Config& config);
  uint32_t sample_rate() const { return config_.format.sample_rate; }
  uint32_t clock_rate() const { return config_.format.format.clock_rate; }

  // One frame of 20 ms at `rate` Hz; an empty one is silence.
  void send_frame(std::span<const int16_t> frame, uint32_t rate, base::MonoTime now,
                  Scratch& scratch, PacketSink& sink);
  // Time for which nothing is sent: on hold, or frames that were missed.
  void skip_frames(unsigned frames);

  // False: no telephone-event, not one the peer understands, or too many waiting.
  bool queue_digits(const std::string& digits, std::chrono::milliseconds tone);
  // Ends the digit that sounds and sends its last packets at once.
  void finish_digits(Scratch& scratch, PacketSink& sink);

  // From the peer's reports: lost packets, 0..1. Redundancy is sent only where there is
  // loss: on a clean network it would cost a quarter of the encoder's time, and bits.
  // Up at once, down a step a report.
  void set_remote_loss(double fraction);

  rtp::RtpSender& rtp() { return rtp_; }
  const rtp::RtpSender& rtp() const { return rtp_; }
  std::string codec_name() const;
  bool failed() const { return failed_; }

 private:
  base::Result<void> make_encoder();
  bool tick_digits(Scratch& scratch, PacketSink& sink);
  void send_event(const rtp::DtmfSender::Packet& packet, Scratch& scratch, PacketSink& sink);
  void encode(std::span<const int16_t> packet, base::MonoTime now, Scratch& scratch,
              PacketSink& sink);
  uint32_t units_per_frame() const { return config_.format.format.clock_rate / 50; }

  const codec::CodecRegistry& registry_;
  Config config_;
  const codec::CodecInfo* info_ = nullptr;
  std::unique_ptr<codec::Encoder> encoder_;
  rtp::RtpSender rtp_;
  std::optional<rtp::DtmfSender> digits_;
  std::chrono::milliseconds tone_{100};
  size_t loss_level_ = 0;  // of expected_loss
  bool failed_ = false;
  std::vector<int16_t> gathered_;  // of the packet that is not full yet
  RateAdapter adapter_;
  std::vector<int16_t> adapted_;
};

}  // namespace commd::engine
