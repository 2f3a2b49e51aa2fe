#include "daemon/core/contact_text.h"

#include <array>
#include <charconv>
#include <string_view>
#include <vector>

namespace commd::core {
namespace {

using model::Availability;
using model::Subscription;

// Neither a name nor a group holds it: XML 1.0 has no such character.
constexpr char kSeparator = '\x1f';

constexpr std::array kAvailabilities = {Availability::unavailable, Availability::available,
                                        Availability::chat,        Availability::away,
                                        Availability::xa,          Availability::dnd};
constexpr std::array kSubscriptions = {Subscription::none, Subscription::to, Subscription::from,
                                       Subscription::both};

std::vector<std::string_view> fields_of(std::string_view text) {
  std::vector<std::string_view> fields;
  while (true) {
    const size_t end = text.find(kSeparator);
    fields.push_back(text.substr(0, end));
    if (end == text.npos) return fields;
    text.remove_prefix(end + 1);
  }
}

template <class Words>
auto value_of(std::string_view word, const Words& values)
    -> std::optional<typename Words::value_type> {
  for (const auto value : values)
    if (word == model::to_string(value)) return value;
  return std::nullopt;
}

// A name that a client gave may hold anything.
void append(std::string& text, std::string_view field) {
  text += kSeparator;
  for (const char c : field)
    if (c != kSeparator) text += c;
}

}  // namespace

std::string text_of(const model::Presence& presence) {
  std::string text = model::to_string(presence.availability);
  const auto since = std::chrono::floor<std::chrono::seconds>(presence.time.time_since_epoch());
  append(text, std::to_string(since.count()));
  append(text, presence.status);
  return text;
}

std::optional<model::Presence> presence_of(const std::string& text) {
  const auto fields = fields_of(text);
  if (fields.size() != 3) return std::nullopt;
  const auto availability = value_of(fields[0], kAvailabilities);
  int64_t since = 0;
  const char* const end = fields[1].data() + fields[1].size();
  const auto read = std::from_chars(fields[1].data(), end, since);
  if (!availability || read.ec != std::errc() || read.ptr != end || since < 0 ||
      since > 9'000'000'000)
    return std::nullopt;
  return model::Presence{*availability, std::string(fields[2]),
                         base::WallTime(std::chrono::seconds(since))};
}

std::string text_of(const model::Contact& contact) {
  std::string text = model::to_string(contact.subscription);
  append(text, contact.asked ? "asked" : "");
  append(text, contact.name);
  for (const std::string& group : contact.groups) append(text, group);
  return text;
}

bool read_contact(const std::string& text, model::Contact& contact) {
  const auto fields = fields_of(text);
  if (fields.size() < 3) return false;
  const auto subscription = value_of(fields[0], kSubscriptions);
  if (!subscription) return false;
  contact.listed = true;
  contact.subscription = *subscription;
  contact.asked = fields[1] == "asked";
  contact.name = fields[2];
  contact.groups.assign(fields.begin() + 3, fields.end());
  return true;
}

}  // namespace commd::core
