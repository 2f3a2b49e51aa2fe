#include "media/engine/formats.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>

namespace commd::engine {
namespace {

using model::PayloadFormat;

constexpr std::string_view telephone_event = "telephone-event";
constexpr uint8_t first_dynamic = 96;
constexpr uint8_t last_dynamic = 127;
// Some peers send digits under 101 whatever was negotiated, so it is theirs.
constexpr uint8_t customary_event_type = 101;

// Parameters that change the bits on the wire: both sides must have the same
// value, where missing is "0".
constexpr std::array<std::string_view, 6> wire_parameters{
    "octet-align", "crc", "robust-sorting", "interleaving", "bitrate", "bitstream"};

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

std::string_view parameter(const std::vector<std::pair<std::string, std::string>>& parameters,
                           std::string_view name) {
  for (const auto& [key, value] : parameters)
    if (same_name(key, name)) return value.empty() ? std::string_view("1") : value;
  return "0";
}

bool same_codec(const PayloadFormat& a, const PayloadFormat& b) {
  return same_name(a.name, b.name) && a.clock_rate == b.clock_rate && a.channels == b.channels;
}

// One "n" or "n-m" of an event list as a mask of events 0..15; nullopt if it is neither.
std::optional<uint16_t> parse_event_range(std::string_view item) {
  unsigned first = 0;
  const char* end = item.data() + item.size();
  auto [next, error] = std::from_chars(item.data(), end, first);
  if (error != std::errc{} || first > 255) return std::nullopt;
  unsigned last = first;
  if (next != end) {
    if (*next != '-') return std::nullopt;
    const auto [stop, range_error] = std::from_chars(next + 1, end, last);
    if (range_error != std::errc{} || stop != end || last > 255 || last < first)
      return std::nullopt;
  }
  uint16_t mask = 0;
  for (unsigned event = first; event <= last && event < 16; ++event)
    mask = static_cast<uint16_t>(mask | 1U << event);
  return mask;
}

}  // namespace

bool same_name(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return lower(x) == lower(y); });
}

bool is_telephone_event(const PayloadFormat& format) {
  return same_name(format.name, telephone_event);
}

bool matches(const CodecCapability& codec, const PayloadFormat& format) {
  if (!same_name(codec.name, format.name) || codec.clock_rate != format.clock_rate ||
      codec.channels != format.channels)
    return false;
  return std::all_of(wire_parameters.begin(), wire_parameters.end(), [&](std::string_view name) {
    return parameter(codec.parameters, name) == parameter(format.parameters, name);
  });
}

const CodecCapability* find_codec(std::span<const CodecCapability> codecs,
                                  const PayloadFormat& format) {
  const auto found = std::find_if(codecs.begin(), codecs.end(),
                                  [&](const auto& codec) { return matches(codec, format); });
  return found == codecs.end() ? nullptr : &*found;
}

std::vector<NegotiatedFormat> worth_an_answer(std::span<const CodecCapability> ours,
                                              std::vector<NegotiatedFormat> common) {
  const auto is_offered = [&](const NegotiatedFormat& codec) {
    return find_codec(ours, codec.format)->offered;
  };
  if (std::any_of(common.begin(), common.end(), is_offered))
    std::erase_if(common, [&](const auto& codec) { return !is_offered(codec); });
  const auto spare = std::remove_if(
      common.begin() + (common.empty() ? 0 : 1), common.end(),
      [&](const NegotiatedFormat& codec) { return find_codec(ours, codec.format)->plugin; });
  common.erase(spare, common.end());
  return common;
}

uint16_t parse_events(const PayloadFormat& format) {
  if (format.parameters.empty()) return 0xffff;
  uint16_t events = 0;
  // A list with commas may come as one parameter or, cut at its commas, as several.
  for (const auto& [list, value] : format.parameters) {
    std::string_view rest = same_name(list, "events") ? std::string_view(value) : list;
    while (!rest.empty()) {
      const size_t comma = rest.find(',');
      const auto range = parse_event_range(rest.substr(0, comma));
      if (!range) return 0;
      events = static_cast<uint16_t>(events | *range);
      rest = comma == std::string_view::npos ? std::string_view() : rest.substr(comma + 1);
    }
  }
  return events;
}

EventFormat event_format(const PayloadFormat& format) {
  return {format.payload_type, format.clock_rate, parse_events(format)};
}

std::optional<EventFormat> choose_events(std::span<const PayloadFormat> formats,
                                         uint32_t clock_rate) {
  const PayloadFormat* narrow = nullptr;
  for (const PayloadFormat& format : formats) {
    if (!is_telephone_event(format)) continue;
    if (format.clock_rate == clock_rate) return event_format(format);
    if (format.clock_rate == 8000 && narrow == nullptr) narrow = &format;
  }
  if (narrow == nullptr) return std::nullopt;
  return event_format(*narrow);
}

void PayloadTypes::learn(std::span<const PayloadFormat> formats) {
  for (const PayloadFormat& format : formats) {
    std::erase_if(known_, [&](const PayloadFormat& known) {
      return same_codec(known, format) || known.payload_type == format.payload_type;
    });
    known_.push_back(format);
  }
}

uint8_t PayloadTypes::number_for(const PayloadFormat& format, std::optional<uint8_t> wanted,
                                 std::span<const PayloadFormat> taken) {
  for (const PayloadFormat& known : known_)
    if (same_codec(known, format)) return known.payload_type;
  const auto is_free = [&](uint8_t number) {
    const auto has_number = [&](const PayloadFormat& other) {
      return other.payload_type == number;
    };
    return std::none_of(known_.begin(), known_.end(), has_number) &&
           std::none_of(taken.begin(), taken.end(), has_number);
  };
  if (wanted && is_free(*wanted)) return *wanted;
  for (uint8_t number = first_dynamic; number <= last_dynamic; ++number)
    if (number != customary_event_type && is_free(number)) return number;
  return customary_event_type;
}

std::vector<PayloadFormat> PayloadTypes::offer(std::span<const CodecCapability> codecs) {
  std::vector<PayloadFormat> formats;
  std::vector<uint32_t> clock_rates;
  for (const CodecCapability& codec : codecs) {
    PayloadFormat format;
    format.name = codec.name;
    format.clock_rate = codec.clock_rate;
    format.channels = codec.channels;
    format.parameters = codec.parameters;
    format.payload_type = number_for(format, codec.static_payload_type, formats);
    formats.push_back(format);
    if (std::find(clock_rates.begin(), clock_rates.end(), codec.clock_rate) == clock_rates.end())
      clock_rates.push_back(codec.clock_rate);
  }
  std::sort(clock_rates.begin(), clock_rates.end());
  for (const uint32_t clock_rate : clock_rates) {
    PayloadFormat format;
    format.name = telephone_event;
    format.clock_rate = clock_rate;
    format.parameters = {{"0-15", ""}};
    const bool customary = clock_rate == clock_rates.front();
    format.payload_type = number_for(
        format, customary ? std::optional<uint8_t>(customary_event_type) : std::nullopt, formats);
    formats.push_back(format);
  }
  learn(formats);
  return formats;
}

}  // namespace commd::engine
