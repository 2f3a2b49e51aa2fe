// The port between the core and a protocol that has rooms of several people (XMPP's XEP-0045). The
// protocol room owns the wire: who is in, what is asked of a room, going in again after a cut. The
// core owns which rooms this person wants to be in, and tells clients. What is said in a room goes
// by ports::Messaging.
//
// Every method is called on the core thread and returns at once; what happens is told through
// RoomEvents or `done`, on the core thread, never from inside the call.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "daemon/base/result.h"
#include "daemon/model/form.h"
#include "daemon/model/ids.h"
#include "daemon/model/room.h"

namespace commd::ports {

// What it takes to be in a room, also after a cut.
struct RoomWish {
  std::string address;  // Room::address
  std::string nick;
  std::string password;     // empty: none
  bool must_exist = false;  // the first time
};

// How a room stands: what the wire knows of it.
struct RoomReport {
  model::AccountId account;
  std::string address;
  model::RoomState state = model::RoomState::left;
  std::string reason;  // with failed, and joining after a failure
  std::string message;
  std::string nick, subject, subject_by;
  model::Affiliation affiliation = model::Affiliation::none;
  model::RoomRole role = model::RoomRole::none;
  size_t occupants = 0;
  model::RoomTraits traits;
};

struct InvitationReport {
  model::AccountId account;
  std::string address;
  std::string inviter, text;  // as model::Invitation
  std::string password;
  bool mediated = false;
};

// A room among the account's bookmarks, as the server keeps it.
struct Bookmark {
  std::string address;
  std::string name, nick, password;
  bool autojoin = false;

  friend bool operator==(const Bookmark&, const Bookmark&) = default;
};
struct BookmarkReport {
  model::AccountId account;
  std::vector<Bookmark> bookmarks;
  std::vector<std::string> removed;  // addresses
  bool whole = false;                // there are no others
};

struct RoomsFound {
  std::vector<model::FoundRoom> rooms;
  std::vector<std::string> services;
  bool truncated = false;
};

// The core's side.
class RoomEvents {
 public:
  virtual ~RoomEvents() = default;
  virtual void room_report(RoomReport report) = 0;
  virtual void occupant_report(model::OccupantNews news) = 0;
  virtual void room_invitation(InvitationReport report) = 0;
  virtual void bookmark_report(BookmarkReport report) = 0;
};

class Rooms {
 public:
  template <class T>
  using Answer = std::function<void(base::Result<T>)>;
  using Done = Answer<void>;

  virtual ~Rooms() = default;
  // Goes in, and goes in again after cuts until leave_room(); `done` when the room has said yes
  // or no (ROOM_PASSWORD, ROOM_MEMBERS_ONLY, ROOM_BANNED, NICK_TAKEN, ROOM_FULL, ROOM_LOCKED,
  // ROOM_NOT_ALLOWED, NICK_REFUSED, NICK_INVALID, ROOM_GONE, ROOM_NOT_FOUND, XMPP_...). While
  // the account is not online it waits: then `done` at once, ACCOUNT_NOT_ONLINE.
  virtual void join_room(const model::AccountId& account, RoomWish wish, Done done) = 0;
  virtual void leave_room(const model::AccountId& account, const std::string& address,
                          const std::string& text, Done done) = 0;
  // A new one: ROOM_EXISTS where there is one. `configuration`: what differs from the service's
  // defaults.
  virtual void create_room(const model::AccountId& account, RoomWish wish,
                           model::DataForm configuration, Done done) = 0;

  // Errors of all that follow: ACCOUNT_NOT_ONLINE, CONNECTION_LOST, SERVER_SILENT, XMPP_...; and
  // of those that need to be in the room ROOM_NOT_JOINED.
  virtual void room_configuration(const model::AccountId& account, const std::string& address,
                                  Answer<model::DataForm> done) = 0;
  // FIELD_UNKNOWN for one that the room's form does not have.
  virtual void configure_room(const model::AccountId& account, const std::string& address,
                              model::DataForm configuration, Done done) = 0;
  virtual void invite_to_room(const model::AccountId& account, const std::string& address,
                              const std::string& whom, const std::string& text, Done done) = 0;
  virtual void decline_room(const model::AccountId& account, const std::string& address,
                            const std::string& inviter, const std::string& text, Done done) = 0;
  virtual void set_room_nick(const model::AccountId& account, const std::string& address,
                             const std::string& nick, Done done) = 0;
  virtual void set_room_subject(const model::AccountId& account, const std::string& address,
                                const std::string& subject, Done done) = 0;
  // `whom`: an address, or the nick of an occupant whose address is known (OCCUPANT_NOT_FOUND,
  // OCCUPANT_ANONYMOUS).
  virtual void set_affiliation(const model::AccountId& account, const std::string& address,
                               const std::string& whom, model::Affiliation affiliation,
                               const std::string& text, Done done) = 0;
  virtual void set_role(const model::AccountId& account, const std::string& address,
                        const std::string& nick, model::RoomRole role, const std::string& text,
                        Done done) = 0;
  // Nothing: of all of them.
  virtual void list_affiliations(const model::AccountId& account, const std::string& address,
                                 std::optional<model::Affiliation> affiliation,
                                 Answer<std::vector<model::RoomAffiliation>> done) = 0;
  virtual void list_occupants(const model::AccountId& account, const std::string& address,
                              Answer<std::vector<model::Occupant>> done) = 0;
  // BOOKMARKS_NOT_SUPPORTED where the server keeps none.
  virtual void put_bookmark(const model::AccountId& account, Bookmark bookmark, Done done) = 0;
  virtual void remove_bookmark(const model::AccountId& account, const std::string& address,
                               Done done) = 0;
  virtual void destroy_room(const model::AccountId& account, const std::string& address,
                            const std::string& text, const std::string& successor, Done done) = 0;
  // `service` empty: those of the account's own server.
  virtual void find_rooms(const model::AccountId& account, const std::string& service,
                          Answer<RoomsFound> done) = 0;
};

}  // namespace commd::ports
