#include "clients/commctl/duration.h"

#include <array>
#include <charconv>
#include <cstdio>
#include <ctime>

namespace commd::commctl {
namespace {

using std::chrono::milliseconds;

template <class... Values>
std::string format(const char* pattern, Values... values) {
  std::array<char, 64> buffer{};
  std::snprintf(buffer.data(), buffer.size(), pattern, values...);
  return buffer.data();
}

std::optional<double> unit_in_ms(std::string_view unit) {
  if (unit.empty() || unit == "s") return 1000;
  if (unit == "ms") return 1;
  if (unit == "m" || unit == "min") return 60'000;
  if (unit == "h") return 3'600'000;
  if (unit == "d") return 86'400'000;
  return std::nullopt;
}

}  // namespace

std::optional<milliseconds> parse_duration(std::string_view text) {
  if (text.empty() || text.size() > 20 || text[0] < '0' || text[0] > '9') return std::nullopt;
  double number = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
  if (error != std::errc()) return std::nullopt;
  const auto unit = unit_in_ms(text.substr(static_cast<size_t>(end - text.data())));
  constexpr double longest = 365.0 * 86'400'000;
  if (!unit || !(number * *unit <= longest)) return std::nullopt;
  return milliseconds(static_cast<int64_t>(number * *unit + 0.5));
}

std::string human_duration(milliseconds duration) {
  const int64_t ms = duration.count();
  const int64_t seconds = ms / 1000;
  if (ms < 1000) return format("%lld ms", static_cast<long long>(ms));
  if (seconds < 60) return format("%.1f s", static_cast<double>(ms) / 1000);
  const auto of = [&](int64_t unit, int64_t modulo) {
    return static_cast<long long>(seconds / unit % modulo);
  };
  if (seconds < 3600) return format("%lld m %02lld s", of(60, 60), of(1, 60));
  if (seconds < 86400) return format("%lld h %02lld m", of(3600, 24), of(60, 60));
  return format("%lld d %lld h", of(86400, 1 << 30), of(3600, 24));
}

std::string clock_text(std::chrono::seconds duration) {
  const long long seconds = duration.count();
  if (seconds < 3600) return format("%02lld:%02lld", seconds / 60, seconds % 60);
  return format("%lld:%02lld:%02lld", seconds / 3600, seconds / 60 % 60, seconds % 60);
}

milliseconds milliseconds_of(const google::protobuf::Duration& duration) {
  return milliseconds(duration.seconds() * 1000 + duration.nanos() / 1'000'000);
}

milliseconds between(const google::protobuf::Timestamp& begin,
                     const google::protobuf::Timestamp& end) {
  return milliseconds((end.seconds() - begin.seconds()) * 1000 +
                      (end.nanos() - begin.nanos()) / 1'000'000);
}

google::protobuf::Timestamp timestamp_now() {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  google::protobuf::Timestamp time;
  time.set_seconds(now.tv_sec);
  time.set_nanos(static_cast<int32_t>(now.tv_nsec));
  return time;
}

std::string local_time(const google::protobuf::Timestamp& time,
                       const google::protobuf::Timestamp& now) {
  const auto broken_down = [](int64_t seconds) {
    const time_t value = seconds;
    tm parts{};
    ::localtime_r(&value, &parts);
    return parts;
  };
  const tm then = broken_down(time.seconds());
  const tm today = broken_down(now.seconds());
  const bool same_day = then.tm_year == today.tm_year && then.tm_yday == today.tm_yday;
  std::array<char, 32> buffer{};
  std::strftime(buffer.data(), buffer.size(), same_day ? "%H:%M:%S" : "%Y-%m-%d %H:%M", &then);
  return buffer.data();
}

}  // namespace commd::commctl
