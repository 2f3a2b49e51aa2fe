#include "clients/commctl/room_text.h"

#include "clients/commctl/words.h"

namespace commd::commctl {
namespace {

std::string with(const std::string& text, const std::string& by, const std::string& why) {
  return text + (by.empty() ? "" : " by " + by) + (why.empty() ? "" : ": " + why);
}

template <class Enum>
Enum value_of(const google::protobuf::EnumDescriptor& type, const std::string& word) {
  for (int i = 0; i < type.value_count(); ++i) {
    const int number = type.value(i)->number();
    if (number != 0 && enum_word(type, number) == word) return static_cast<Enum>(number);
  }
  return static_cast<Enum>(0);
}

}  // namespace

std::string word_of(v1::Room::State state) {
  return enum_word(*v1::Room::State_descriptor(), state);
}

Style style_of(v1::Room::State state) {
  if (state == v1::Room::STATE_JOINED) return Style::good;
  if (state == v1::Room::STATE_FAILED) return Style::bad;
  if (state == v1::Room::STATE_LEFT) return Style::dim;
  return Style::warning;
}

std::string word_of(v1::Room::Affiliation affiliation) {
  return enum_word(*v1::Room::Affiliation_descriptor(), affiliation);
}

std::string word_of(v1::Room::Role role) { return enum_word(*v1::Room::Role_descriptor(), role); }

std::vector<std::string> grant_words() {
  return {"owner", "admin", "member", "none", "outcast", "moderator", "participant", "visitor"};
}

v1::Room::Affiliation affiliation_of(const std::string& word) {
  return value_of<v1::Room::Affiliation>(*v1::Room::Affiliation_descriptor(), word);
}

v1::Room::Role role_of(const std::string& word) {
  return value_of<v1::Room::Role>(*v1::Room::Role_descriptor(), word);
}

std::string traits_text(const v1::Room& room) {
  std::string text;
  for (const auto& [set, word] :
       {std::pair{room.members_only(), "members only"}, std::pair{room.moderated(), "moderated"},
        std::pair{room.password_protected(), "wants a password"},
        std::pair{room.non_anonymous(), "everybody sees your address"},
        std::pair{room.hidden(), "hidden"}, std::pair{room.persistent(), "stays when all leave"}})
    if (set) text += (text.empty() ? "" : ", ") + std::string(word);
  return text;
}

Line room_state_line(const v1::Room& room) {
  Line line = {{word_of(room.state()), style_of(room.state())}};
  if (room.state() == v1::Room::STATE_JOINED) line.push_back({" as " + room.nick()});
  if (room.state() == v1::Room::STATE_INVITED) {
    if (!room.invitation().inviter().empty())
      line.push_back({" by " + room.invitation().inviter()});
    if (!room.invitation().text().empty()) line.push_back({": " + room.invitation().text()});
  }
  if (!room.state_message().empty()) line.push_back({": " + room.state_message()});
  return line;
}

Line room_line(const v1::Room& room) {
  Line line = {{"room " + room.address() + "  "}};
  for (Span& span : room_state_line(room)) line.push_back(std::move(span));
  if (room.state() == v1::Room::STATE_JOINED && !room.subject().empty())
    line.push_back({"  " + room.subject(), Style::dim});
  return line;
}

std::string occupant_text(const v1::OccupantChanged& change) {
  using Change = v1::OccupantChanged;
  const std::string& nick = change.occupant().nick();
  if (change.kind() == Change::KIND_JOINED) return nick + " came in";
  if (change.kind() == Change::KIND_RENAMED)
    return nick + " is called " + change.new_nick() + " now";
  if (change.kind() == Change::KIND_LEFT) return with(nick + " left", "", change.text());
  if (change.kind() == Change::KIND_KICKED)
    return with(nick + " was put out", change.by(), change.text());
  if (change.kind() == Change::KIND_BANNED)
    return with(nick + " was banned", change.by(), change.text());
  if (change.kind() == Change::KIND_REMOVED)
    return with(nick + " may not be in it any more", change.by(), change.text());
  return {};
}

}  // namespace commd::commctl
