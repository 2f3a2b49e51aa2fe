// The rooms of the accounts: in which this person wants to be, how each stands, who asked him in,
// which are among the bookmarks. What is wanted is remembered, so that he is in them again after
// a restart, also where a server keeps no bookmarks.
//
// Core thread only; callbacks come on the core thread.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "daemon/base/log.h"
#include "daemon/base/thread_check.h"
#include "daemon/core/account_book.h"
#include "daemon/core/event_log.h"
#include "daemon/model/form.h"
#include "daemon/model/room.h"
#include "daemon/ports/clock.h"
#include "daemon/ports/rooms.h"
#include "daemon/ports/secrets.h"
#include "daemon/ports/store.h"

namespace commd::core {

// The protocol rooms that have rooms of several people, by what they speak.
using RoomsByProtocol = std::map<model::Protocol, ports::Rooms*>;

class RoomBook {
 public:
  using Done = std::function<void(base::Result<model::Room>)>;
  using Ended = std::function<void(base::Result<void>)>;
  template <class T>
  using Answer = ports::Rooms::Answer<T>;

  struct Entrance {
    std::string address;  // as typed, or the id of a room that is known
    std::string account;  // empty: the only one that can reach it, or the default
    std::string nick;     // empty: as before, or the account's user
    std::string password;
    bool must_exist = false;
  };
  struct BookmarkChange {
    bool bookmarked = true;
    bool autojoin = false;
    std::optional<std::string> name;
  };

  RoomBook(EventLog& log, AccountBook& accounts, ports::Secrets& secrets, ports::Store& store,
           const ports::Clock& clock, RoomsByProtocol rooms, base::Logger logger);

  void restore(const ports::StoredState& state);

  // `account` empty: of all. By account and address.
  std::vector<model::Room> list(const model::AccountId& account = {}) const;
  // An id, an address, or the beginning of either. NOT_FOUND, or INVALID_ARGUMENT with reason
  // AMBIGUOUS and the candidates.
  base::Result<model::Room> find(const std::string& reference) const;

  // Errors of all that follow: those of find(), or of choosing an account (INVALID_ARGUMENT,
  // NO_ACCOUNT, ACCOUNT_REQUIRED, ROOMS_NOT_SUPPORTED), and those of ports::Rooms.
  void join(Entrance entrance, Done done);
  void create(Entrance entrance, model::DataForm configuration, Done done);
  void leave(const std::string& reference, const std::string& text, Done done);
  void configuration(const std::string& reference, Answer<model::DataForm> done);
  void configure(const std::string& reference, model::DataForm configuration, Done done);
  void invite(const std::string& reference, const std::string& whom, const std::string& text,
              Ended done);
  // ROOM_NOT_INVITED where nobody has asked this person in.
  void decline(const std::string& reference, const std::string& text, Ended done);
  void set_nick(const std::string& reference, const std::string& nick, Done done);
  void set_subject(const std::string& reference, const std::string& subject, Done done);
  void set_affiliation(const std::string& reference, const std::string& whom,
                       model::Affiliation affiliation, const std::string& text, Ended done);
  void set_role(const std::string& reference, const std::string& nick, model::RoomRole role,
                const std::string& text, Ended done);
  void list_affiliations(const std::string& reference,
                         std::optional<model::Affiliation> affiliation,
                         Answer<std::vector<model::RoomAffiliation>> done);
  void list_occupants(const std::string& reference, Answer<std::vector<model::Occupant>> done);
  void bookmark(const std::string& reference, BookmarkChange change, Done done);
  void destroy(const std::string& reference, const std::string& text, const std::string& successor,
               Ended done);
  void find_rooms(const std::string& account, const std::string& service,
                  Answer<ports::RoomsFound> done);

  // ---- for what is said in them ----------------------------------------------------------

  // The conversation that a typed address of an occupant stands for, where the room is known:
  // "xmpp:room@service/nick"; else nothing.
  std::optional<std::string> occupant_address(const std::string& typed) const;
  // What waits for an account is to be handed over once more: a room of it took its time.
  void set_late(std::function<void(const model::AccountId&)> late) { late_ = std::move(late); }
  // A room whose password is still being asked for: nothing can be said in it yet.
  bool awaits(const model::AccountId& account, const std::string& peer) const;
  // ROOM_NOT_JOINED for a room that this person is not in, nor on the way into.
  base::Result<void> may_talk(const model::AccountId& account, const std::string& peer) const;
  // A message of somebody else is on disk.
  void came(const model::Message& message);
  // So many of a conversation were read.
  void read(const model::AccountId& account, const std::string& peer, size_t messages,
            size_t mentions);

  // An account is up: it goes into the rooms where this person wants to be.
  void account_up(const model::AccountId& account);
  // With it go its rooms.
  void account_removed(const model::AccountId& account);

  // From the protocol rooms.
  void report(ports::RoomReport report);
  void report(model::OccupantNews news);
  void report(ports::InvitationReport report);
  void report(ports::BookmarkReport report);

 private:
  struct Entry {
    model::Room room;
    bool wanted = false;        // this person wants to be in it
    bool has_password = false;  // it is among the secrets
    std::string password;       // as far as it is known here
    bool mediated = false;      // the invitation
    bool asking = false;        // for the password, to go in
    bool leaving = false;       // the server's bookmark says otherwise still
    bool must_exist = false;    // until this person was in it
  };
  struct Way {
    model::AccountId account;
    std::string address;
    ports::Rooms* room = nullptr;
  };
  using Edit = std::function<void(Entry&)>;

  void count_unread(const model::AccountId& account, const std::string& address);
  ports::Rooms* speaks(const model::AccountId& account) const;
  base::Result<Way> way_of(const std::string& typed, const std::string& account) const;
  base::Result<Way> way_to(const std::string& reference) const;
  const Entry* get(const Way& way) const { return get(way.account, way.address); }
  const Entry* get(const model::AccountId& account, const std::string& address) const;
  // Changes one, that is made for it where it is not there; tells what came of it. One that is
  // nothing to this person is dropped.
  void edit(const model::AccountId& account, const std::string& address, const Edit& change);
  std::string usual_nick(const Way& way) const;
  base::Result<ports::RoomWish> wish_of(const Way& way, const Entrance& entrance) const;
  base::Result<Way> way_in(const Entrance& entrance) const;
  void want(const Way& way, const ports::RoomWish& wish);
  // It did not come to that: as it was.
  void want_no_more(const Way& way, const std::optional<Entry>& before);
  // A wish to `wait` stands while the account is away; a room that is to be made does not.
  enum class Absence { wait, give_up };
  Ended entering(const Way& way, const std::string& password, Absence absence, Done done);
  void entered(const Way& way, const std::string& password);
  void tell_left(const Way& way, ports::Bookmark bookmark);
  void keep_password(const Way& way, const std::string& password);
  // Runs `then` when the password is known, where there is one.
  void with_password(const Way& way, std::function<void()> then);
  void join_at(const Way& way, const Entrance& entrance, Done done);
  void leave_now(const Way& way, const std::string& text, Done done);
  void bookmark_now(const Way& way, const BookmarkChange& change, Done done);
  void go_in(const model::AccountId& account, const Entry& entry);
  void go_out(const Way& way);
  Done answer(const Way& way, Done done) const;
  Ended then_room(const Way& way, Done done) const;
  void take_bookmark(const model::AccountId& account, const ports::Bookmark& bookmark, bool whole);
  void take_removal(const model::AccountId& account, const std::string& address, bool live);
  size_t count(const model::AccountId& account, model::RoomState state) const;

  EventLog& log_;
  AccountBook& accounts_;
  ports::Secrets& secrets_;
  ports::Store& store_;
  const ports::Clock& clock_;
  RoomsByProtocol rooms_;
  base::Logger logger_;
  base::ThreadCheck thread_;
  std::map<model::AccountId, std::map<std::string, Entry>> lists_;  // by address
  std::function<void(const model::AccountId&)> late_;
};

}  // namespace commd::core
