// SDP (RFC 8866) to and from the neutral SessionDescription.
//
// The reader is strict where it matters and forgiving where peers differ: line ends
// may be LF, unknown lines and attributes are skipped, a session-level attribute
// holds for each stream that has none of its own. Everything is bounded: 64 KiB, 32
// streams, 64 formats a stream, 512 lines a section. What would send packets to
// where they must not go is refused: ports 1 to 1023 (SECURITY), multicast and
// broadcast addresses, host names.
//
// Pure; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "daemon/base/result.h"
#include "daemon/model/session_description.h"

namespace commd::sip {

// The o= line: who speaks, and which version of the description this is
// (RFC 3264 section 8: the version grows by one when the description changes).
struct SdpOrigin {
  std::string session_id;  // decimal
  uint64_t version = 0;
};

struct ParsedSdp {
  model::SessionDescription description;
  SdpOrigin origin;
};

// INVALID_ARGUMENT with reason BAD_SDP and what was wrong in which line.
base::Result<ParsedSdp> parse_sdp(std::string_view text);

// `ip` is an IP literal of ours for o= and for streams without an address.
std::string write_sdp(const model::SessionDescription& description, const SdpOrigin& origin,
                      const std::string& ip);

}  // namespace commd::sip
