#include "daemon/settings/values.h"

#include <algorithm>
#include <charconv>
#include <cstdio>

#include "daemon/base/escape.h"

namespace commd::settings {
namespace {

constexpr size_t longest_shown = 60;

// The whole text, digits alone.
std::optional<uint16_t> parse_number(std::string_view text) {
  uint16_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::optional<uint16_t> parse_port(std::string_view text) {
  const auto port = parse_number(text);
  return port && *port >= 1024 ? port : std::nullopt;
}

struct ToText {
  std::string operator()(bool value) const { return to_text(value); }
  std::string operator()(int64_t value) const { return std::to_string(value); }
  std::string operator()(double value) const {
    char text[40];
    std::snprintf(text, sizeof text, "%g", value);
    return text;
  }
  std::string operator()(const std::string& value) const { return to_text(value); }
  std::string operator()(const std::vector<std::string>& value) const { return to_text(value); }
  std::string operator()(const Other& value) const { return value.what; }
};

}  // namespace

std::string to_text(const std::string& text) {
  const bool whole = text.size() <= longest_shown;
  return "\"" + base::escape_line(std::string_view(text).substr(0, longest_shown)) +
         (whole ? "\"" : "...\"");
}

std::string to_text(const std::vector<std::string>& list) {
  std::string out = "[";
  for (const std::string& text : list) {
    if (out.size() > 2 * longest_shown) return out + ", ...]";
    out += (out.size() > 1 ? ", " : "") + to_text(text);
  }
  return out + "]";
}

std::string to_text(const PortRange& range) {
  return "\"" + std::to_string(range.first) + "-" + std::to_string(range.last) + "\"";
}

std::string to_text(const JitterRange& range) {
  return "\"" + std::to_string(range.shortest_ms) + "-" + std::to_string(range.longest_ms) + "\"";
}

std::string to_text(const Value& value) { return std::visit(ToText{}, value); }

std::optional<PortRange> parse_port_range(std::string_view text) {
  const size_t dash = text.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  const auto first = parse_port(text.substr(0, dash));
  const auto last = parse_port(text.substr(dash + 1));
  if (!first || !last || *first % 2 != 0 || *last <= *first) return std::nullopt;
  return PortRange{*first, *last};
}

std::optional<JitterRange> parse_jitter_range(std::string_view text) {
  constexpr unsigned shortest_end = 20;
  constexpr unsigned longest_end = 400;
  const size_t dash = text.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  const auto first = parse_number(text.substr(0, dash));
  const auto last = parse_number(text.substr(dash + 1));
  if (!first || !last || *last < shortest_end || *last > longest_end || *first > *last)
    return std::nullopt;
  return JitterRange{*first, *last};
}

bool is_end_of_silence(int64_t seconds) {
  return seconds == 0 || (seconds >= 60 && seconds <= 86'400);
}

bool is_user_agent(std::string_view text) {
  return text.size() <= 128 &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

bool is_group_name(std::string_view text) {
  if (text.empty()) return true;
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; };
  return text.size() <= 32 && letter(text.front()) &&
         std::all_of(text.begin(), text.end(),
                     [&](char c) { return letter(c) || (c >= '0' && c <= '9') || c == '-'; });
}

}  // namespace commd::settings
