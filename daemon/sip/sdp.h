// SDP (RFC 8866) to and from the neutral SessionDescription.
//
// The reader is strict where it matters and forgiving where peers differ: line ends
// may be LF, unknown lines and attributes are skipped, a session-level attribute
// holds for each stream that has none of its own. Everything is bounded: 64 KiB, 32
// streams, 64 formats a stream, 512 lines a section. What would send packets to
// where they must not go is refused: ports 1 to 1023 (SECURITY), multicast and
// broadcast addresses, host names. Port 9 and no address are of a stream whose way is found
// by ICE (sdp_ice.h) or by its bundle (RFC 9143): its `transport.rtp` is empty. Of a stream
// that is refused or that nobody here speaks only its place, kind and mid are read.
//
// Pure; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/base/result.h"
#include "daemon/model/session_description.h"

namespace commd::sip {

// The o= line: who speaks, and which version of the description this is
// (RFC 3264 section 8: the version grows by one when the description changes).
struct SdpOrigin {
  std::string session_id;  // decimal
  uint64_t version = 0;
};

// An m= line as it came, without its port: the refusal of a stream that nobody here
// speaks names what it refuses (RFC 3264 section 6: the same media type in its place).
struct SdpMediaLine {
  std::string media;     // "image"
  std::string protocol;  // "udptl"
  std::string formats;   // "t38"; never empty

  friend bool operator==(const SdpMediaLine&, const SdpMediaLine&) = default;
};

struct ParsedSdp {
  model::SessionDescription description;
  SdpOrigin origin;
  std::vector<SdpMediaLine> lines;  // one a stream
};

// INVALID_ARGUMENT with reason BAD_SDP and what was wrong in which line.
base::Result<ParsedSdp> parse_sdp(std::string_view text);

// `ip` is an IP literal of ours for o= and for streams without an address. `lines`
// are those of the peer's description: streams that are rejected are so in its words, and
// the others have its protocol where that suits them (one without `media` is for these
// alone). Values that do not come from us may hold anything: CR, LF and NUL are left out, and
// blanks where they would end a word, so no value becomes a line of its own.
std::string write_sdp(const model::SessionDescription& description, const SdpOrigin& origin,
                      const std::string& ip, const std::vector<SdpMediaLine>& lines = {});

}  // namespace commd::sip
