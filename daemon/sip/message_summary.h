// What a mailbox says of itself: application/simple-message-summary (RFC 3842 section 5).
// Hostile: bounded, and whatever is no summary is none. Pure; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace commd::sip {

inline constexpr const char* message_summary_type = "application/simple-message-summary";
inline constexpr const char* message_summary_event = "message-summary";

// Of one kind of messages. Each at most 1,000,000.
struct MessageCount {
  std::string kind;  // lower case: "voice", "fax", "pager", "multimedia", "text"
  uint32_t fresh = 0, old = 0;
  uint32_t urgent_fresh = 0, urgent_old = 0;  // of those

  friend bool operator==(const MessageCount&, const MessageCount&) = default;
};

struct MessageSummary {
  bool waiting = false;
  // Where the mailbox is called: a sip:, sips: or tel: URI, fit to be dialled; empty: not said.
  std::string mailbox;
  std::vector<MessageCount> counts;  // each kind once

  friend bool operator==(const MessageSummary&, const MessageSummary&) = default;
};

// Nothing where the status line is missing or says neither yes nor no. Lines that cannot be
// read are left out; headers of single messages are not read.
std::optional<MessageSummary> read_message_summary(std::string_view body);

}  // namespace commd::sip
