#include "clients/commctl/when.h"

#include <ctime>

#include "clients/commctl/duration.h"

namespace commd::commctl {
namespace {

using google::protobuf::Timestamp;

Timestamp at(int64_t seconds) {
  Timestamp time;
  time.set_seconds(seconds);
  return time;
}

tm local_day(const Timestamp& now, int days_before) {
  const time_t seconds = now.seconds();
  tm parts{};
  ::localtime_r(&seconds, &parts);
  parts.tm_mday -= days_before;
  parts.tm_hour = parts.tm_min = parts.tm_sec = 0;
  parts.tm_isdst = -1;
  return parts;
}

// The whole text by the pattern; what it does not say stays as in `parts`. strptime would
// take the 31st of February for a day of March.
bool read(const std::string& text, const char* pattern, tm& parts) {
  const char* const end = ::strptime(text.c_str(), pattern, &parts);
  if (end == nullptr || *end != '\0') return false;
  tm normal = parts;
  normal.tm_isdst = -1;
  return ::mktime(&normal) != -1 && normal.tm_mday == parts.tm_mday;
}

}  // namespace

std::optional<Timestamp> parse_when(const std::string& text, const Timestamp& now) {
  tm parts = local_day(now, text == "yesterday" ? 1 : 0);
  if (text == "today" || text == "yesterday") return at(::mktime(&parts));
  const bool utc = text.ends_with('Z');
  const std::string local = utc ? text.substr(0, text.size() - 1) : text;
  for (const char* pattern : {"%Y-%m-%d", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M",
                              "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M", "%H:%M:%S", "%H:%M"}) {
    tm wanted = parts;
    if (!read(local, pattern, wanted)) continue;
    wanted.tm_isdst = -1;
    return at(utc ? ::timegm(&wanted) : ::mktime(&wanted));
  }
  const bool has_unit = !text.empty() && (text.back() < '0' || text.back() > '9');
  const auto ago = has_unit ? parse_duration(text) : std::nullopt;
  if (!ago) return std::nullopt;
  return at(now.seconds() - ago->count() / 1000);
}

}  // namespace commd::commctl
