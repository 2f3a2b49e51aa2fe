// What a mailbox says of itself: application/simple-message-summary (RFC 3842 section 5).
// Hostile: bounded, and whatever is no summary is none. Pure; any thread.
#pragma once

#include <optional>
#include <string_view>

#include "daemon/model/message_waiting.h"

namespace commd::sip {

inline constexpr const char* message_summary_type = "application/simple-message-summary";
inline constexpr const char* message_summary_event = "message-summary";

// Nothing where the status line is missing or says neither yes nor no. Lines that cannot be
// read are left out; headers of single messages are not read.
std::optional<model::MessageWaiting> read_message_summary(std::string_view body);

}  // namespace commd::sip
