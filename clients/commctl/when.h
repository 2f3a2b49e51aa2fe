// Moments as people write them. Pure but for the clock's time zone; any thread.
#pragma once

#include <google/protobuf/timestamp.pb.h>

#include <optional>
#include <string>

namespace commd::commctl {

// A date "2026-01-31" (its beginning), "2026-01-31 14:00" with or without seconds (a T for
// the blank, a Z behind for UTC, else local time), a time of today "14:00", "today",
// "yesterday", or how long ago: "30m", "2h", "7d".
std::optional<google::protobuf::Timestamp> parse_when(const std::string& text,
                                                      const google::protobuf::Timestamp& now);

}  // namespace commd::commctl
