// Durations and times as people write and read them. Pure functions; any thread.
#pragma once

#include <google/protobuf/duration.pb.h>
#include <google/protobuf/timestamp.pb.h>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace commd::commctl {

// "500ms", "10s", "2m", "1h", "1.5s"; a bare number is seconds. 0 to 365 days.
std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);

// "850 ms", "3.2 s", "2 m 31 s", "1 h 02 m", "3 d 4 h".
std::string human_duration(std::chrono::milliseconds duration);

// "02:31", "1:02:31": a running clock.
std::string clock_text(std::chrono::seconds duration);

std::chrono::milliseconds milliseconds_of(const google::protobuf::Duration& duration);
std::chrono::milliseconds between(const google::protobuf::Timestamp& begin,
                                  const google::protobuf::Timestamp& end);
google::protobuf::Timestamp timestamp_now();

// Local time: "14:03:21" today, else "2024-05-01 14:03".
std::string local_time(const google::protobuf::Timestamp& time,
                       const google::protobuf::Timestamp& now);

}  // namespace commd::commctl
