// What goes without saying about payload types, and what may be said of their packets. Pure; any
// thread.
#pragma once

#include "daemon/model/session_description.h"

namespace commd::model {

// The name and clock of a static payload type (RFC 3551 section 6) where they were not said.
void fill_static_format(PayloadFormat& format);

// SECURITY: what is outside is no packet time; nothing is sent so long or so short.
inline constexpr unsigned shortest_ptime_ms = 10;
inline constexpr unsigned longest_ptime_ms = 120;

// A packet time as it was said, in milliseconds: 0 for nothing that could be done.
unsigned packet_time(unsigned said);
// A longer limit than ours is no limit.
unsigned longest_packet_time(unsigned said);

}  // namespace commd::model
