// The format parameters of Opus in SDP (RFC 7587, 6.1). Each side describes what
// it wants to receive. Pure functions; any thread.
#pragma once

#include <string>
#include <string_view>

namespace commd::codec {

struct OpusParams {
  unsigned max_playback_rate = 48'000;  // Hz, 8000 to 48000
  unsigned max_average_bitrate = 0;     // bit/s, 6000 to 510000; 0: not said
  bool stereo = false;                  // prefers to receive stereo
  bool cbr = false;                     // prefers a constant bitrate
  bool use_inband_fec = false;          // makes use of in-band FEC
  bool use_dtx = false;                 // prefers discontinuous transmission
};

// Never fails: an unknown, malformed or out-of-range parameter is as if absent,
// and at most 1,024 characters are read.
OpusParams parse_opus_fmtp(std::string_view text);

// Only what differs from RFC 7587's defaults, for example "useinbandfec=1".
std::string print_opus_fmtp(const OpusParams& params);

}  // namespace commd::codec
