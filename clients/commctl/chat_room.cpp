// What a chat in a room has beside one with a person: who comes and goes, the topic, and the
// commands for them.
#include "clients/commctl/chat.h"
#include "clients/commctl/chat_lines.h"
#include "clients/commctl/contact_text.h"
#include "clients/commctl/room_text.h"

namespace commd::commctl {

bool Chat::concerns(const std::string& peer) const {
  // What is said to one occupant alone is another conversation than that of all.
  const bool with_one = options_.address.find('/') != std::string::npos;
  if (room_ && with_one && peer.find('/') == std::string::npos) return false;
  return is_peer(options_.address, peer);
}

bool Chat::in_room() const { return room_ && options_.address.find('/') == std::string::npos; }

void Chat::take_room(const v1::Room& room) {
  if (!is_peer(options_.address, room.address())) return;
  const std::optional<v1::Room> before = std::exchange(room_, room);
  if (!in_room() || context_.out().json()) return;
  const bool other_state = !before || before->state() != room.state();
  if (other_state && (before || room.state() != v1::Room::STATE_JOINED))
    tell(room_state_line(room));
  if (room.state() != v1::Room::STATE_JOINED) return;
  if (before && !other_state && before->nick() != room.nick())
    tell({{"You are called " + room.nick() + " now.", Style::dim}});
  const std::string old_topic = before ? before->subject() : std::string();
  if (room.subject() != old_topic && !room.subject().empty())
    tell({{"Topic: ", Style::dim},
          {room.subject()},
          {room.subject_by().empty() ? "" : " (" + room.subject_by() + ")", Style::dim}});
}

void Chat::take_occupant(const v1::OccupantChanged& change) {
  if (!in_room() || room_->id() != change.room() || context_.out().json()) return;
  const int32_t step = change.kind() == v1::OccupantChanged::KIND_JOINED ? 1
                       : change.kind() == v1::OccupantChanged::KIND_CHANGED ||
                               change.kind() == v1::OccupantChanged::KIND_RENAMED
                           ? 0
                           : -1;
  room_->set_occupants(room_->occupants() + step);
  if (const std::string text = occupant_text(change); !text.empty() && !change.occupant().self())
    tell({{text, Style::dim}});
}

bool Chat::room_command(const std::string& word, const std::string& rest) {
  if (!in_room()) return false;
  const std::string id = room_->id();
  if (word == "/nick" && !rest.empty()) {
    attempt("nick not changed", [&] {
      v1::SetNickRequest request;
      request.set_id(id);
      request.set_nick(rest);
      take_room(context_.client().set_nick(request));
    });
  } else if (word == "/topic") {
    attempt("topic not changed", [&] {
      v1::SetSubjectRequest request;
      request.set_id(id);
      request.set_subject(rest);
      take_room(context_.client().set_subject(request));
    });
  } else if (word == "/invite" && !rest.empty()) {
    attempt("not asked in", [&] {
      v1::InviteToRoomRequest request;
      request.set_id(id);
      request.set_address(rest.substr(0, rest.find(' ')));
      if (const size_t blank = rest.find(' '); blank != std::string::npos)
        request.set_text(rest.substr(blank + 1));
      context_.client().invite_to_room(request);
      tell({{"Asked in.", Style::dim}});
    });
  } else if (word == "/members") {
    attempt("nobody to be shown", [&] { show_members(); });
  } else {
    return false;
  }
  return true;
}

void Chat::show_members() {
  const v1::ListOccupantsResponse response = context_.client().list_occupants(room_->id());
  for (const v1::Occupant& each : response.occupants())
    tell({{each.nick(), Style::bold},
          {each.self() ? " (you)" : ""},
          {"  " + word_of(each.affiliation()) + ", " + word_of(each.role()) + "  ", Style::dim},
          presence_span(each.presence())});
}

void Chat::show_room_status(Line& line) const {
  if (!in_room()) return;
  if (room_->state() != v1::Room::STATE_JOINED) {
    line.push_back({"  "});
    for (Span& span : room_state_line(*room_)) line.push_back(std::move(span));
    return;
  }
  line.push_back({"  " + std::to_string(room_->occupants()) + " people", Style::dim});
  if (!room_->subject().empty()) line.push_back({"  " + room_->subject(), Style::dim});
}

}  // namespace commd::commctl
