// What a receiver says about one stream in SR and RR packets (RFC 3550 6.4.1),
// and what a sender says about itself. Plain values.
#pragma once

#include <cstdint>

namespace commd::rtp {

struct ReportBlock {
  uint32_t ssrc = 0;                 // of the stream reported on
  uint8_t fraction_lost = 0;         // since the report before, in 1/256
  int32_t cumulative_lost = 0;       // 24 bits signed; negative when duplicates outnumber losses
  uint32_t highest_sequence = 0;     // extended by the number of wraps
  uint32_t jitter = 0;               // in units of the RTP clock
  uint32_t last_sr = 0;              // middle 32 bits of the last SR's NTP time, 0 = none yet
  uint32_t delay_since_last_sr = 0;  // in 1/65536 s
};

struct SenderInfo {
  uint64_t ntp_time = 0;  // 32.32 fixed point seconds
  uint32_t rtp_timestamp = 0;
  uint32_t packets = 0;
  uint32_t octets = 0;  // of payload
};

}  // namespace commd::rtp
