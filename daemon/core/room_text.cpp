#include "daemon/core/room_text.h"

#include <charconv>
#include <string_view>
#include <vector>

namespace commd::core {
namespace {

// No text of a room holds it: XML 1.0 has no such character.
constexpr char kSeparator = '\x1f';

void append(std::string& text, std::string_view field) {
  text += kSeparator;
  for (const char c : field)
    if (c != kSeparator) text += c;
}

std::vector<std::string_view> fields_of(std::string_view text) {
  std::vector<std::string_view> fields;
  while (true) {
    const size_t end = text.find(kSeparator);
    fields.push_back(text.substr(0, end));
    if (end == text.npos) return fields;
    text.remove_prefix(end + 1);
  }
}

bool has(std::string_view flags, char flag) { return flags.find(flag) != flags.npos; }

}  // namespace

std::string text_of(const KeptRoom& kept) {
  const model::Room& room = kept.room;
  const bool invited = room.state == model::RoomState::invited;
  const bool failed = room.state == model::RoomState::failed;
  std::string text = "1";
  for (const auto& [set, flag] :
       {std::pair{kept.wanted, 'w'}, std::pair{room.bookmarked, 'b'}, std::pair{room.autojoin, 'a'},
        std::pair{kept.has_password, 'p'}, std::pair{invited, 'i'}, std::pair{kept.mediated, 'm'},
        std::pair{failed, 'f'}, std::pair{kept.leaving, 'l'}, std::pair{kept.must_exist, 'e'}})
    if (set) text += flag;
  const auto since =
      std::chrono::floor<std::chrono::seconds>(room.invitation.time.time_since_epoch());
  append(text, room.nick);
  append(text, room.name);
  append(text, room.invitation.inviter);
  append(text, room.invitation.text);
  append(text, std::to_string(since.count()));
  append(text, failed ? room.state_reason : std::string());
  append(text, failed ? room.state_message : std::string());
  return text;
}

bool read_room(const std::string& text, KeptRoom& kept) {
  const auto fields = fields_of(text);
  if (fields.size() != 8 || !fields[0].starts_with('1')) return false;
  int64_t since = 0;
  const char* const end = fields[5].data() + fields[5].size();
  const auto read = std::from_chars(fields[5].data(), end, since);
  if (read.ec != std::errc() || read.ptr != end || since < 0 || since > 7'000'000'000) return false;
  model::Room& room = kept.room;
  const std::string_view flags = fields[0];
  kept.wanted = has(flags, 'w');
  kept.has_password = has(flags, 'p');
  kept.mediated = has(flags, 'm');
  kept.leaving = has(flags, 'l');
  kept.must_exist = has(flags, 'e');
  room.bookmarked = has(flags, 'b');
  room.autojoin = has(flags, 'a');
  room.state = has(flags, 'i')   ? model::RoomState::invited
               : has(flags, 'f') ? model::RoomState::failed
               : kept.wanted     ? model::RoomState::joining
                                 : model::RoomState::left;
  room.nick = fields[1];
  room.name = fields[2];
  room.invitation.inviter = fields[3];
  room.invitation.text = fields[4];
  room.invitation.time = base::WallTime(std::chrono::seconds(since));
  room.state_reason = fields[6];
  room.state_message = fields[7];
  return true;
}

}  // namespace commd::core
