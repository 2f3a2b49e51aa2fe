// Presence in rooms, read and written (XEP-0045 1.34 sections 7.1, 7.2, 7.6, 7.14, 8, 9, 10.9),
// with occupant ids (XEP-0421 0.1). Pure; on the thread of the stanza. What comes in is hostile.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/base/error.h"
#include "daemon/base/time.h"
#include "daemon/model/room.h"
#include "daemon/xmpp/jid.h"
#include "daemon/xmpp/stanza.h"
#include "daemon/xmpp/stanza_error.h"

namespace commd::xmpp {

// Section 15.6.2: what a room says beside the presence itself.
enum class MucStatus {
  everybody_sees_addresses = 100,
  settings_changed = 104,
  self = 110,
  logged = 170,
  not_logged = 171,
  non_anonymous = 172,
  semi_anonymous = 173,
  created = 201,
  nick_given = 210,
  banned = 301,
  new_nick = 303,
  kicked = 307,
  affiliation_changed = 321,
  members_only = 322,
  shutdown = 332,
  technical = 333,
};

struct RoomPresence {
  enum class Kind { there, gone, refused };

  Kind kind = Kind::there;
  Jid from;                  // the room, with the nick but for some refusals
  model::Occupant occupant;  // nick, address, affiliation, role, presence
  std::string occupant_id;   // empty: the room has none
  std::vector<int> codes;    // at most 16
  std::string new_nick;      // with 303
  std::string actor;         // who did it: nick, or address; may be empty
  std::string text;          // why
  bool destroyed = false;    // the room is no more
  std::string successor;     // "xmpp:room@service" where it goes on; may be empty
  StanzaError error;         // with refused

  bool says(MucStatus code) const;
};

// Nothing for what has no sender that can be read, and for what is no state of an occupant.
// `now`: no presence is from the future.
std::optional<RoomPresence> read_room_presence(const Element& presence, base::WallTime now);

// What to be told of what was said before.
struct HistoryWish {
  unsigned messages = 0;  // at most
  std::optional<base::WallTime> since{};
};
// `occupant`: the room with the nick.
Stanza make_room_join(const Jid& occupant, const model::Presence& presence,
                      std::string_view password, const HistoryWish& history);
// Availability, or another nick, of who is in it.
Stanza make_room_presence(const Jid& occupant, const model::Presence& presence);
Stanza make_room_leave(const Jid& occupant, std::string_view text);

// Why a room cannot be entered, or a nick not be had, in words with a reason of its own
// (section 7.2).
base::Error to_room_error(const StanzaError& error, const std::string& room,
                          const std::string& nick);
// Whether that may be otherwise after a while.
bool may_pass(const StanzaError& error);

// "moderator", "outcast"; nothing for what is none.
std::optional<model::RoomRole> room_role(std::string_view word);
std::optional<model::Affiliation> room_affiliation(std::string_view word);

// "2026-07-31T12:00:00Z" (XEP-0082).
std::string utc_stamp(base::WallTime time);

}  // namespace commd::xmpp
