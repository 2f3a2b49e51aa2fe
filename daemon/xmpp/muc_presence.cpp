#include "daemon/xmpp/muc_presence.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <ctime>

#include "daemon/base/escape.h"
#include "daemon/xmpp/message_stanza.h"
#include "daemon/xmpp/namespaces.h"
#include "daemon/xmpp/presence_stanza.h"

namespace commd::xmpp {
namespace {

using base::Code;
using model::Affiliation;
using model::RoomRole;

constexpr size_t most_codes = 16;

std::string cut(std::string_view text, size_t bytes) {
  return base::to_valid_utf8(text.substr(0, bytes));
}

std::vector<int> codes_of(const Element& user) {
  std::vector<int> codes;
  for (const Element each : user) {
    if (!each.is("status", ns::kRoomUser) || codes.size() >= most_codes) continue;
    const std::string_view text = each.attribute("code");
    int code = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), code);
    if (read.ec == std::errc() && read.ptr == text.data() + text.size()) codes.push_back(code);
  }
  return codes;
}

std::string address_of(std::string_view text) {
  const auto jid = Jid::parse(text);
  return jid ? "xmpp:" + jid->bare().str() : std::string();
}

void read_item(const Element& item, RoomPresence& read) {
  read.occupant.affiliation =
      room_affiliation(item.attribute("affiliation")).value_or(Affiliation::none);
  read.occupant.role = room_role(item.attribute("role")).value_or(RoomRole::none);
  read.occupant.address = address_of(item.attribute("jid"));
  read.new_nick = cut(item.attribute("nick"), model::max_nick_bytes);
  read.text = cut(item.child_text("reason", ns::kRoomUser), model::max_room_text_bytes);
  const Element actor = item.child("actor", ns::kRoomUser);
  read.actor = cut(actor.attribute("nick"), model::max_nick_bytes);
  if (read.actor.empty()) read.actor = address_of(actor.attribute("jid"));
}

struct Refusal {
  Condition condition;
  Code code;
  const char* reason;
  const char* words;
};

// Section 7.2: what each means of a room, and what to do.
constexpr std::array refusals = {
    Refusal{Condition::not_authorized, Code::permission_denied, "ROOM_PASSWORD",
            "the room wants a password, or another one; commctl room join ROOM --password-file "
            "FILE"},
    Refusal{Condition::registration_required, Code::permission_denied, "ROOM_MEMBERS_ONLY",
            "only members may come in; ask one of the room's owners to make you one"},
    Refusal{Condition::forbidden, Code::permission_denied, "ROOM_BANNED",
            "the account is banned from the room; only one of the room's admins can change that"},
    Refusal{Condition::conflict, Code::already_exists, "NICK_TAKEN",
            "somebody else in the room has that nick; choose another one: commctl room join ROOM "
            "--nick NICK"},
    Refusal{Condition::service_unavailable, Code::resource_exhausted, "ROOM_FULL",
            "as many people as may be are in the room, or there is no room service at that "
            "address; try again later"},
    Refusal{Condition::item_not_found, Code::not_found, "ROOM_LOCKED",
            "there is no such room, or its owner has not opened it yet"},
    Refusal{Condition::not_allowed, Code::permission_denied, "ROOM_NOT_ALLOWED",
            "the service does not let the account make that room"},
    Refusal{Condition::not_acceptable, Code::invalid_argument, "NICK_REFUSED",
            "the room does not take that nick; use the one that is registered for you there"},
    Refusal{Condition::jid_malformed, Code::invalid_argument, "NICK_INVALID",
            "the service takes that nick, or the room's address, for malformed; choose another"},
    Refusal{Condition::gone, Code::not_found, "ROOM_GONE", "the room is there no more"},
};

}  // namespace

bool RoomPresence::says(MucStatus code) const {
  return std::find(codes.begin(), codes.end(), static_cast<int>(code)) != codes.end();
}

std::optional<RoomRole> room_role(std::string_view word) {
  for (const RoomRole each :
       {RoomRole::none, RoomRole::visitor, RoomRole::participant, RoomRole::moderator})
    if (word == model::to_string(each)) return each;
  return std::nullopt;
}

std::optional<Affiliation> room_affiliation(std::string_view word) {
  for (const Affiliation each : {Affiliation::none, Affiliation::member, Affiliation::admin,
                                 Affiliation::owner, Affiliation::outcast})
    if (word == model::to_string(each)) return each;
  return std::nullopt;
}

std::optional<RoomPresence> read_room_presence(const Element& presence, base::WallTime now) {
  auto from = Jid::parse(presence.from());
  if (!from) return std::nullopt;
  RoomPresence read;
  if (presence.type() == "error") {
    read.kind = RoomPresence::Kind::refused;
    read.error = read_stanza_error(presence);
  } else if (presence.type() == "unavailable") {
    read.kind = RoomPresence::Kind::gone;
  } else if (!presence.type().empty()) {
    return std::nullopt;
  }
  if (read.kind != RoomPresence::Kind::refused && from->is_bare()) {
    // A room that says of itself that it is gone.
    if (!presence.child("x", ns::kRoomUser).child("destroy", ns::kRoomUser)) return std::nullopt;
  }
  // What a nick is longer than is nobody's here: the room lets in whom it likes.
  if (from->resource().size() > model::max_nick_bytes) return std::nullopt;
  read.occupant.nick = from->resource();
  read.occupant.presence = room_availability(presence, now);
  read.from = std::move(*from);
  const Element user = presence.child("x", ns::kRoomUser);
  read.codes = codes_of(user);
  read_item(user.child("item", ns::kRoomUser), read);
  read.occupant_id = occupant_id_of(presence);
  if (const Element destroy = user.child("destroy", ns::kRoomUser)) {
    read.destroyed = true;
    read.successor = address_of(destroy.attribute("jid"));
    read.text = cut(destroy.child_text("reason", ns::kRoomUser), model::max_room_text_bytes);
  }
  return read;
}

Stanza make_room_presence(const Jid& occupant, const model::Presence& presence) {
  Stanza stanza = make_availability(presence);
  stanza.set("to", occupant.str());
  return stanza;
}

Stanza make_room_join(const Jid& occupant, const model::Presence& presence,
                      std::string_view password, const HistoryWish& history) {
  Stanza stanza = make_room_presence(occupant, presence);
  const MutableElement room = stanza.add("x", ns::kRoom);
  if (!password.empty()) room.add_with_text("password", password);
  const MutableElement wish = room.add("history");
  if (history.messages == 0) {
    wish.set("maxchars", "0");
    return stanza;
  }
  wish.set("maxstanzas", std::to_string(history.messages));
  if (history.since) wish.set("since", utc_stamp(*history.since));
  return stanza;
}

Stanza make_room_leave(const Jid& occupant, std::string_view text) {
  Stanza stanza = make_presence();
  stanza.set("to", occupant.str()).set("type", "unavailable");
  if (!text.empty()) stanza.add_with_text("status", text);
  return stanza;
}

base::Error to_room_error(const StanzaError& error, const std::string& room,
                          const std::string& nick) {
  base::Error out = to_error(error);
  const auto known = std::find_if(refusals.begin(), refusals.end(), [&](const Refusal& each) {
    return each.condition == error.condition;
  });
  if (known != refusals.end()) {
    out.code = known->code;
    out.reason = known->reason;
    out.message = known->words;
    if (const auto text = out.details.find("text"); text != out.details.end())
      out.message += ": \"" + text->second + "\"";
  }
  out.details["room"] = room;
  if (!nick.empty()) out.details["nick"] = base::escape_line(nick);
  return out;
}

bool may_pass(const StanzaError& error) {
  switch (error.condition) {
    case Condition::remote_server_timeout:
    case Condition::remote_server_not_found:
    case Condition::resource_constraint:
    case Condition::internal_server_error:
    case Condition::recipient_unavailable:
    case Condition::service_unavailable:
    case Condition::conflict:  // it may be what is left of this end
      return true;
    case Condition::bad_request:
    case Condition::feature_not_implemented:
    case Condition::forbidden:
    case Condition::gone:
    case Condition::item_not_found:
    case Condition::jid_malformed:
    case Condition::not_acceptable:
    case Condition::not_allowed:
    case Condition::not_authorized:
    case Condition::policy_violation:
    case Condition::redirect:
    case Condition::registration_required:
    case Condition::subscription_required:
    case Condition::undefined_condition:
    case Condition::unexpected_request:
      break;
  }
  return error.type == ErrorType::wait;
}

std::string utc_stamp(base::WallTime time) {
  const std::time_t seconds =
      std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char text[32];
  return {text, std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts)};
}

}  // namespace commd::xmpp
