// A room of several people (XMPP: XEP-0045), and who is in it. Values; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "daemon/base/time.h"
#include "daemon/model/ids.h"
#include "daemon/model/presence.h"

namespace commd::model {

// Whether this person is in it.
enum class RoomState {
  left,     // not in it, and does not want to be
  invited,  // somebody asked him in
  joining,  // on the way in, also anew after a cut
  joined,
  failed,  // cannot be entered, or put this person out: he must act
};

// What somebody is in a room for good (XEP-0045 section 5.2).
enum class Affiliation { none, member, admin, owner, outcast };

// What somebody may do while he is in it (section 5.1).
enum class RoomRole { none, visitor, participant, moderator };

const char* to_string(RoomState value);
// XEP-0045's own words.
const char* to_string(Affiliation value);
const char* to_string(RoomRole value);

// Longer ones are not sent, and are cut when they come.
inline constexpr size_t max_nick_bytes = 256;
inline constexpr size_t max_subject_bytes = 4096;
inline constexpr size_t max_room_name_bytes = 256;
inline constexpr size_t max_room_text_bytes = 1024;  // descriptions, reasons, invitations
// Of one room: more of them are counted, and not known.
inline constexpr size_t max_occupants = 20'000;
// Of one account.
inline constexpr size_t max_rooms = 1'000;
inline constexpr size_t max_invitations = 100;

struct Invitation {
  std::string inviter;  // "xmpp:bob@example.org", or "xmpp:room@service/nick"; may be empty
  std::string text;     // as it came
  base::WallTime time{};

  friend bool operator==(const Invitation&, const Invitation&) = default;
};

// What a room is like.
struct RoomTraits {
  std::string name;         // what it calls itself; as it came
  std::string description;  // as it came
  bool non_anonymous = false;
  bool members_only = false;
  bool moderated = false;
  bool password_protected = false;
  bool persistent = false;
  bool hidden = false;

  friend bool operator==(const RoomTraits&, const RoomTraits&) = default;
};

struct Room {
  AccountId account;
  std::string address;  // "xmpp:room@service"
  std::string name;     // of the bookmark
  RoomTraits traits;
  RoomState state = RoomState::left;
  std::string state_reason;  // UPPER_SNAKE; with failed, and with joining after a failure
  std::string state_message;
  std::string nick;        // of this person
  std::string subject;     // as it came
  std::string subject_by;  // nick
  Affiliation affiliation = Affiliation::none;
  RoomRole role = RoomRole::none;
  size_t occupants = 0;
  Invitation invitation;
  bool bookmarked = false;
  bool autojoin = false;
  size_t unread = 0;           // messages of others
  size_t unread_mentions = 0;  // of these

  friend bool operator==(const Room&, const Room&) = default;
};

// Somebody in a room.
struct Occupant {
  std::string nick;
  std::string address;  // "xmpp:user@domain" where the room tells; else empty
  Affiliation affiliation = Affiliation::none;
  RoomRole role = RoomRole::none;
  Presence presence;
  bool self = false;

  friend bool operator==(const Occupant&, const Occupant&) = default;
};

// What became of an occupant.
enum class OccupantChange {
  joined,
  changed,
  renamed,
  left,
  kicked,
  banned,
  removed,  // lost the right to be in it
};

struct OccupantNews {
  AccountId account;
  std::string room;   // Room::address
  Occupant occupant;  // as he is, or was last
  OccupantChange change = OccupantChange::joined;
  std::string new_nick;  // with renamed
  std::string by;        // nick or address of who did it; may be empty
  std::string text;      // why; as it came
  size_t occupants = 0;  // that are in it now
};

// Somebody's affiliation, whether he is in the room or not.
struct RoomAffiliation {
  std::string address;  // "xmpp:user@domain", "xmpp:domain"
  Affiliation affiliation = Affiliation::none;
  std::string nick;  // that is kept for him
  std::string text;  // why

  friend bool operator==(const RoomAffiliation&, const RoomAffiliation&) = default;
};

// A room that a service shows.
struct FoundRoom {
  std::string address;
  std::string name;

  friend bool operator==(const FoundRoom&, const FoundRoom&) = default;
};

// ACCOUNT/ADDRESS.
inline std::string room_id(const AccountId& account, const std::string& address) {
  return account.str() + "/" + address;
}
inline std::string room_id(const Room& room) { return room_id(room.account, room.address); }

}  // namespace commd::model
