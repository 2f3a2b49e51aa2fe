// The sending end of one RTP stream: numbers and stamps payloads, marks the start
// of a talkspurt and counts for sender reports (RFC 3550 5.1 and 6.4.1, RFC 3551 4.1).
//
// One thread (the session's worker). Allocates nothing. The media clock is moved
// only by the caller: each tick is either a packet, or silence that is skipped.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "daemon/base/time.h"
#include "media/rtp/packet.h"
#include "media/rtp/report_block.h"

namespace commd::rtp {

class RtpSender {
 public:
  struct Config {
    uint32_t ssrc = 0;
    uint8_t payload_type = 0;
    uint32_t clock_rate = 8000;  // Hz of the RTP timestamp; not 0
    uint16_t first_sequence = 0;
    uint32_t first_timestamp = 0;
  };

  // SSRC, sequence and timestamp from the kernel's randomness. The sequence starts
  // below 2^15, so that SRTP's roll-over counter survives a loss of the first packets.
  static Config random_config(uint8_t payload_type, uint32_t clock_rate);

  explicit RtpSender(const Config& config) : config_(config) { reset_position(); }

  // One packet that covers `duration` timestamp units (0 allowed: nothing moves).
  // The first packet, and the first after skip(), carry the marker. Returns the
  // size written to `out`, 0 when it does not fit; then nothing was counted and
  // the timestamp has moved all the same, since the time has passed.
  size_t packetise(std::span<uint8_t> out, std::span<const uint8_t> payload, uint32_t duration,
                   base::MonoTime now, std::span<const uint8_t> extension_block = {}) noexcept;

  // `duration` units for which nothing is sent (DTX, or a DTMF digit in the
  // place of speech).
  void skip(uint32_t duration) noexcept;

  // A telephone event shares SSRC and sequence with the speech but has its own
  // payload type, timestamp and marker (RFC 4733 2.5.1).
  struct EventPacket {
    uint8_t payload_type = 0;
    bool marker = false;
    uint32_t timestamp = 0;
  };
  size_t packetise_event(std::span<uint8_t> out, const EventPacket& event,
                         std::span<const uint8_t> payload) noexcept;

  // After a renegotiation. A new clock rate keeps the timestamp running from where it is.
  void set_payload_type(uint8_t payload_type, uint32_t clock_rate) noexcept;

  uint32_t ssrc() const { return config_.ssrc; }
  uint8_t payload_type() const { return config_.payload_type; }
  uint16_t next_sequence() const { return sequence_; }
  uint32_t next_timestamp() const { return timestamp_; }
  uint64_t packets() const { return packets_; }
  uint64_t payload_bytes() const { return payload_bytes_; }
  bool has_sent() const { return packets_ > 0; }

  // For a sender report made at `now`: counts, and the media clock at that moment,
  // reckoned from the last packet. ntp_time is the caller's to fill. nullopt before
  // the first packet.
  std::optional<SenderInfo> sender_info(base::MonoTime now) const noexcept;

 private:
  void reset_position();
  size_t write(std::span<uint8_t> out, const RtpHeader& header, std::span<const uint8_t> extension,
               std::span<const uint8_t> payload) noexcept;

  Config config_;
  uint16_t sequence_ = 0;
  uint32_t timestamp_ = 0;
  bool talkspurt_starts_ = true;
  uint64_t packets_ = 0;
  uint64_t payload_bytes_ = 0;
  // Which media time was sent when: the anchor of sender_info().
  uint32_t anchor_timestamp_ = 0;
  base::MonoTime anchor_time_{};
};

}  // namespace commd::rtp
