// ICE in SDP (RFC 8839, with TCP of RFC 6544 and the trickling of RFC 8840): the a= lines that
// tell how to reach an end, and the candidates in them.
//
// Where a candidate leads is the far end's word: literals of a host alone, ports as for any
// media (SECURITY); one that cannot be used is left out, and the others count. A host name
// (mDNS) is never looked up.
//
// Pure; any thread. Input is hostile; time is linear.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "daemon/model/session_description.h"

namespace commd::sip {

// More of one stream are left out.
inline constexpr size_t max_candidates = 64;

// The value of a=candidate: "1 1 UDP 2130706431 192.0.2.1 3478 typ host". Nothing: it cannot be
// used. Extensions that are unknown are skipped.
std::optional<model::IceCandidate> read_candidate(std::string_view value);
std::string candidate_text(const model::IceCandidate& candidate);

// True: an attribute of ICE, and it has been taken or skipped. (a=ice-lite is the session's and
// a=ice-mismatch ends it all: neither is read here.)
bool read_ice(model::TransportDescription& transport, std::string_view name,
              std::string_view value);

// After the last line of a stream: credentials that are none authenticate nothing (section 5.4),
// and ICE is off where somebody between the ends has changed where the media goes (section
// 3.2.5): the default address is then that of a relay which has no part in ICE.
void settle_ice(model::TransportDescription& transport);

void write_ice(const model::IceParameters& ice, std::string& out);

}  // namespace commd::sip
