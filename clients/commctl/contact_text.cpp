#include "clients/commctl/contact_text.h"

#include "clients/commctl/words.h"

namespace commd::commctl {

std::string word_of(v1::Presence::Availability availability) {
  if (availability == v1::Presence::AVAILABILITY_UNSPECIFIED) return "unavailable";
  return enum_word(*v1::Presence::Availability_descriptor(), availability);
}

Style style_of(v1::Presence::Availability availability) {
  if (availability == v1::Presence::AVAILABILITY_AVAILABLE ||
      availability == v1::Presence::AVAILABILITY_CHAT)
    return Style::good;
  const bool gone = availability == v1::Presence::AVAILABILITY_UNAVAILABLE ||
                    availability == v1::Presence::AVAILABILITY_UNSPECIFIED;
  return gone ? Style::dim : Style::warning;
}

Span presence_span(const v1::Presence& presence) {
  std::string text = word_of(presence.availability());
  if (!presence.status().empty()) text += ": " + presence.status();
  return {text, style_of(presence.availability())};
}

const std::vector<std::string>& availability_words() {
  static const std::vector<std::string> words = [] {
    auto all = enum_words(*v1::Presence::Availability_descriptor());
    all.insert(all.end(), {"online", "offline", "invisible"});
    return all;
  }();
  return words;
}

v1::Presence::Availability availability_of(const std::string& word) {
  if (word == "online") return v1::Presence::AVAILABILITY_AVAILABLE;
  if (word == "offline" || word == "invisible") return v1::Presence::AVAILABILITY_UNAVAILABLE;
  const auto& type = *v1::Presence::Availability_descriptor();
  for (int i = 0; i < type.value_count(); ++i) {
    const int number = type.value(i)->number();
    if (number != 0 && enum_word(type, number) == word)
      return static_cast<v1::Presence::Availability>(number);
  }
  return v1::Presence::AVAILABILITY_UNSPECIFIED;
}

std::string relation_text(const v1::Contact& contact) {
  std::string text;
  const auto add = [&](const std::string& more) { text += (text.empty() ? "" : ", ") + more; };
  if (contact.blocked()) add("blocked");
  if (contact.asks()) add("wants to see you");
  if (contact.listed()) {
    if (contact.subscription() == v1::Contact::SUBSCRIPTION_BOTH) add("you see each other");
    if (contact.subscription() == v1::Contact::SUBSCRIPTION_TO) add("you see them");
    if (contact.subscription() == v1::Contact::SUBSCRIPTION_FROM) add("they see you");
    if (contact.asked()) add("asked, no answer yet");
  }
  return text;
}

Line contact_line(const v1::Contact& contact) {
  Line line = {{"contact " + contact.address() + "  "}, presence_span(contact.presence())};
  if (contact.asks()) {
    line.push_back({"  wants to see you", Style::warning});
    if (!contact.asks_text().empty()) line.push_back({": " + contact.asks_text()});
  }
  if (contact.blocked()) line.push_back({"  blocked", Style::warning});
  return line;
}

Line presence_line(const v1::OwnPresence& presence) {
  return {{"presence " + presence.account() + "  "}, presence_span(presence.presence())};
}

}  // namespace commd::commctl
