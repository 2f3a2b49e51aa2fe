// The kinds of values that keys take: from TOML's types to ours, and back to text
// for messages. Pure; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "daemon/settings/settings.h"

namespace commd::settings {

// What stood in the file; `Other` is any type that no key takes (dates, tables).
struct Other {
  std::string what;
};
using Value = std::variant<bool, int64_t, double, std::string, std::vector<std::string>, Other>;

// As a person would write it, cut to a sensible length and escaped.
std::string to_text(const Value& value);
std::string to_text(const std::string& text);
std::string to_text(const std::vector<std::string>& list);
std::string to_text(const PortRange& range);
std::string to_text(const JitterRange& range);
inline std::string to_text(bool value) { return value ? "true" : "false"; }

// "20000-29999": 1024..65535, the first even, at least one RTP and RTCP pair.
std::optional<PortRange> parse_port_range(std::string_view text);

// "20-200": 0..400 ms, the second at least 20 and not below the first.
std::optional<JitterRange> parse_jitter_range(std::string_view text);

// Whole seconds: 0, or long enough that a call is told of its silence before.
bool is_end_of_silence(int64_t seconds);

// A SIP product token list (RFC 3261, 25.1: Server/User-Agent): printable ASCII,
// at most 128 bytes. Empty is allowed.
bool is_user_agent(std::string_view text);

// A name of a group as Debian's groupadd takes it. Empty is allowed.
bool is_group_name(std::string_view text);

}  // namespace commd::settings
