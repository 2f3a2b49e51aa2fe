#include "media/codec/opus_params.h"

#include <charconv>
#include <optional>

namespace commd::codec {

namespace {

constexpr size_t max_text = 1024;

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

std::optional<unsigned> number(std::string_view text, unsigned min, unsigned max) {
  unsigned value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  if (value < min || value > max) return std::nullopt;
  return value;
}

void apply_flag(bool& flag, std::string_view value) {
  if (const auto set = number(value, 0, 1)) flag = *set == 1;
}

void apply(OpusParams& params, std::string_view name, std::string_view value) {
  if (name == "maxplaybackrate") {
    if (const auto rate = number(value, 8'000, 48'000)) params.max_playback_rate = *rate;
  } else if (name == "maxaveragebitrate") {
    if (const auto rate = number(value, 6'000, 510'000)) params.max_average_bitrate = *rate;
  } else if (name == "stereo") {
    apply_flag(params.stereo, value);
  } else if (name == "cbr") {
    apply_flag(params.cbr, value);
  } else if (name == "useinbandfec") {
    apply_flag(params.use_inband_fec, value);
  } else if (name == "usedtx") {
    apply_flag(params.use_dtx, value);
  }
}

void append(std::string& text, std::string_view name, unsigned value) {
  if (!text.empty()) text += ';';
  text += name;
  text += '=';
  text += std::to_string(value);
}

}  // namespace

OpusParams parse_opus_fmtp(std::string_view text) {
  OpusParams params;
  text = text.substr(0, max_text);
  while (!text.empty()) {
    const size_t end = text.find(';');
    const std::string_view item = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    const size_t equals = item.find('=');
    if (equals == std::string_view::npos) continue;
    apply(params, trim(item.substr(0, equals)), trim(item.substr(equals + 1)));
  }
  return params;
}

std::string print_opus_fmtp(const OpusParams& params) {
  const OpusParams defaults;
  std::string text;
  if (params.max_playback_rate != defaults.max_playback_rate) {
    append(text, "maxplaybackrate", params.max_playback_rate);
  }
  if (params.max_average_bitrate != 0) {
    append(text, "maxaveragebitrate", params.max_average_bitrate);
  }
  if (params.stereo) append(text, "stereo", 1);
  if (params.cbr) append(text, "cbr", 1);
  if (params.use_inband_fec) append(text, "useinbandfec", 1);
  if (params.use_dtx) append(text, "usedtx", 1);
  return text;
}

}  // namespace commd::codec
