// The receiving end of one RTP stream: which packets belong to it, in which order,
// how many were lost and how unevenly they came (RFC 3550 6.4.1, A.1, A.3, A.8).
//
// One thread (the session's worker). Allocates nothing. It sees headers only, and
// only those that passed the address check and SRTP.
#pragma once

#include <cstdint>
#include <optional>

#include "daemon/base/time.h"
#include "media/rtp/packet.h"
#include "media/rtp/report_block.h"

namespace commd::rtp {

class RtpReceiver {
 public:
  struct Config {
    uint32_t clock_rate = 8000;  // Hz; not 0
    // Packets in sequence before a source is believed. 1 believes at once: right
    // where SRTP has authenticated the packet; 2 is the RFC's for plain RTP. A change
    // of source always wants 2.
    uint8_t min_sequential = 2;
  };

  enum class Verdict {
    accepted,   // in order or ahead: to be played
    late,       // behind the newest, not seen before: to be played if there is still time
    duplicate,  // seen before, or too old to tell: to be dropped
    probation,  // of a source, or a place in the sequence, not yet believed: to be dropped
    restarted,  // accepted, and the first of a new source or sequence: forget what is buffered
  };

  struct Received {
    Verdict verdict = Verdict::probation;
    // The sequence number without its wraps, counted from 0..65535 for the first
    // packet; negative for what was sent before it. Valid unless on probation.
    int64_t extended_sequence = 0;
  };

  // Telephone events repeat one timestamp, so they say nothing of jitter.
  enum class Timing { media, event };

  explicit RtpReceiver(const Config& config) : config_(config) {}

  Received on_packet(const RtpHeader& header, size_t payload_bytes, base::MonoTime arrival,
                     Timing timing = Timing::media) noexcept;

  // A block about the stream, and a new interval for the next one's fraction.
  // nullopt before the source is believed. last_sr and its delay are RtcpSession's.
  std::optional<ReportBlock> take_report() noexcept;

  // After a renegotiation. Jitter starts anew, counts go on.
  void set_clock_rate(uint32_t clock_rate) noexcept;

  bool active() const { return active_; }
  uint32_t ssrc() const { return ssrc_; }
  uint64_t packets() const { return packets_; }  // all sources, duplicates included
  uint64_t payload_bytes() const { return payload_bytes_; }
  uint64_t late() const { return late_; }
  uint64_t duplicates() const { return duplicates_; }
  uint64_t restarts() const { return restarts_; }
  // Of the present source: packets that should have come less those that came.
  // Negative when duplicates outnumber losses.
  int64_t lost() const;
  uint64_t expected() const;
  base::Duration jitter() const;
  base::MonoTime last_arrival() const { return last_arrival_; }

 private:
  // A source or place in the sequence that wants to be believed.
  struct Candidate {
    uint32_t ssrc = 0;
    uint16_t next_sequence = 0;
    uint8_t in_sequence = 0;
  };

  bool believes(const RtpHeader& header) noexcept;
  Received start(const RtpHeader& header) noexcept;
  Received place(const RtpHeader& header) noexcept;
  bool mark_seen(int64_t extended) noexcept;
  void advance_window(int64_t steps) noexcept;
  void update_jitter(uint32_t timestamp, base::MonoTime arrival) noexcept;

  Config config_;
  Candidate candidate_;
  bool active_ = false;
  uint32_t ssrc_ = 0;
  int64_t base_ = 0;     // extended sequence of the source's first packet
  int64_t highest_ = 0;  // extended
  // Bit i: highest_ - i was seen. 128 packets, as far as a packet may be misordered.
  uint64_t seen_[2] = {0, 0};

  uint64_t source_packets_ = 0;
  uint64_t packets_ = 0;
  uint64_t payload_bytes_ = 0;
  uint64_t late_ = 0;
  uint64_t duplicates_ = 0;
  uint64_t restarts_ = 0;
  uint64_t expected_prior_ = 0;
  uint64_t received_prior_ = 0;

  bool has_timing_ = false;
  uint32_t last_timestamp_ = 0;
  base::MonoTime last_arrival_{};
  base::MonoTime last_media_arrival_{};
  uint32_t jitter_q4_ = 0;  // 16 times the jitter, in timestamp units (A.8)
};

}  // namespace commd::rtp
