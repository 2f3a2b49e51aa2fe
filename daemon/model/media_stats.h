// What a call's media does right now. Streamed, never logged. Values; any thread.
#pragma once

#include <cstdint>
#include <string>

#include "daemon/base/time.h"
#include "daemon/model/call.h"

namespace commd::model {

// One direction of one stream. Ratios are 0..1, times are milliseconds.
struct StreamStats {
  uint64_t packets = 0;
  uint64_t bytes = 0;  // payload, without RTP headers
  uint64_t packets_lost = 0;
  double loss_ratio = 0;     // over the whole call
  double jitter_ms = 0;      // RFC 3550 interarrival jitter
  double level_dbov = -127;  // -127..0, last 100 ms
  std::string codec;         // "opus/48000"
  uint32_t ssrc = 0;
};

// The pair that ICE has found, in the words of RFC 8839; empty types: there is none.
struct MediaPath {
  std::string local_type;       // "host", "srflx", "prflx", "relay"
  std::string remote_type;      //
  std::string transport;        // "udp", "tcp"
  std::string relay_transport;  // with a relay of ours: "udp", "tcp", "tls"
};

// What tells why nothing is heard. Counts of the whole call, times ago; -1: never.
struct MediaEvidence {
  uint64_t undecipherable = 0;        // from where the far end is, not made with its keys
  uint64_t elsewhere = 0;             // from addresses that media is not taken from
  std::string elsewhere_address;      // the last of them
  uint64_t unknown_format = 0;        // of a payload type that was not negotiated
  unsigned unknown_payload_type = 0;  // the last of them
  uint64_t reports = 0;               // RTCP of the far end that came
  bool heard = false;                 // one of them says that packets of ours arrive
  uint64_t send_errors = 0;           // that this machine refused to send
  std::string send_error;             // the system's words for the last
  base::Duration last_send_error{-1};
  double sent_peak_dbov = -127;  // the loudest 100 ms
  double received_peak_dbov = -127;
  base::Duration first_sent{-1};
  base::Duration first_received{-1};
  base::Duration last_report{-1};
};

struct MediaStats {
  StreamStats sent;  // loss and jitter as the peer reports them
  StreamStats received;
  uint64_t packets_late = 0;
  uint64_t packets_duplicate = 0;
  uint64_t packets_rejected = 0;  // from elsewhere, failed authentication, replayed
  uint64_t frames_concealed = 0;
  uint64_t frames_played = 0;
  double jitter_buffer_ms = 0;
  double round_trip_ms = -1;    // -1 = not known yet
  double mouth_to_ear_ms = -1;  // estimate: half the round trip, buffers and codec
  double mos = 0;               // E-model, 1.0..4.5; 0 = not known yet
  std::string local_address;    // "127.0.0.1:20000"
  std::string remote_address;
  CallSecurity security;
  base::Duration since_last_packet{-1};  // -1 = none came yet
  bool lost = false;                     // nothing came for ports::media_silence
  MediaPath path;
  MediaEvidence evidence;
};

struct AudioLevels {
  double sent_dbov = -127;
  double received_dbov = -127;
};

}  // namespace commd::model
