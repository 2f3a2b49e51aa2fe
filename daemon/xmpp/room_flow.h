// The rooms of one account on the wire: which stanza is for which of them, invitations
// (XEP-0249, XEP-0045 section 7.8), bookmarks (XEP-0402), and what is asked of rooms and services.
//
// XMPP thread. What comes in is hostile.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "daemon/ports/rooms.h"
#include "daemon/xmpp/bookmark_flow.h"
#include "daemon/xmpp/iq_requests.h"
#include "daemon/xmpp/room_session.h"

namespace commd::xmpp {

class RoomFlow {
 public:
  using Done = ports::Rooms::Done;
  template <class T>
  using Answer = ports::Rooms::Answer<T>;

  static constexpr size_t most_affiliations = 10'000;
  static constexpr size_t most_found = 5'000;
  static constexpr size_t most_services = 16;  // that are looked through at once

  struct Parts {
    model::AccountId id;
    Jid account;  // bare
    ports::Timers& timers;
    const ports::Clock& clock;
    ports::RoomEvents& events;
    std::function<void(ports::IncomingMessage)> received;
    std::function<void(ports::MessageReport)> report;
    // As RoomParts has it; and what was told of each room last, by its address.
    std::function<void(const Jid& room, const std::string& place)> place;
    std::map<std::string, std::string> places;
    std::function<bool(const Stanza&, StanzaKind)> send;
    std::function<void()> flush;
    std::function<void(const std::string& reason, const std::string& words)> notice;
    std::function<uint32_t()> random;
  };
  explicit RoomFlow(Parts parts);
  RoomFlow(const RoomFlow&) = delete;
  RoomFlow& operator=(const RoomFlow&) = delete;

  // ---- the session -------------------------------------------------------------------

  void session_began();
  void session_resumed();
  void session_cut(bool can_resume);
  void session_ended();

  // ---- inwards -----------------------------------------------------------------------

  // It was for this; or also goes to the disk, and stored() is called with its ticket.
  enum class Taken { no, done, waits };
  Taken take_message(const Element& message, uint64_t ticket);
  bool take_presence(const Element& presence);
  bool take_iq(const Element& iq);
  void stored(uint64_t ticket);
  void not_stored();
  void forget_tickets();

  // Whether that address, without a nick, is a room that this person is or was in.
  bool is_room(const Jid& bare) const { return rooms_.contains(bare); }

  // ---- outwards; see ports::Rooms and ports::Messaging -----------------------------------

  // True: `to` is a room.
  bool send(const ports::OutgoingMessage& message);
  bool amend(const model::Amendment& amendment, bool again);
  void set_presence(const model::Presence& presence);
  void join(ports::RoomWish wish, Done done);
  void leave(const std::string& address, const std::string& text, Done done);
  void create(ports::RoomWish wish, model::DataForm configuration, Done done);
  void configuration(const std::string& address, Answer<model::DataForm> done);
  void configure(const std::string& address, model::DataForm configuration, Done done);
  void invite(const std::string& address, const std::string& whom, const std::string& text,
              Done done);
  void decline(const std::string& address, const std::string& inviter, const std::string& text,
               Done done);
  void set_nick(const std::string& address, const std::string& nick, Done done);
  void set_subject(const std::string& address, const std::string& subject, Done done);
  void set_affiliation(const std::string& address, const std::string& whom,
                       model::Affiliation affiliation, const std::string& text, Done done);
  void set_role(const std::string& address, const std::string& nick, model::RoomRole role,
                const std::string& text, Done done);
  void list_affiliations(const std::string& address, std::optional<model::Affiliation> affiliation,
                         Answer<std::vector<model::RoomAffiliation>> done);
  void list_occupants(const std::string& address, Answer<std::vector<model::Occupant>> done);
  void put_bookmark(ports::Bookmark bookmark, Done done);
  void remove_bookmark(const std::string& address, Done done);
  void destroy(const std::string& address, const std::string& text, const std::string& successor,
               Done done);
  void find(const std::string& service, Answer<ports::RoomsFound> done);

 private:
  struct Search;

  RoomSession* room_of(const Jid& bare) const;
  // Those that nobody wants to be in, where there are so many.
  void forget_left();
  void keep_place(const Jid& room, const std::string& place);
  // Made where it is not there; null: no address, or too many.
  RoomSession* room_for(const std::string& address);
  base::Result<RoomSession*> joined_room(const std::string& address) const;
  base::Result<Jid> any_room(const std::string& address) const;
  Taken taken(bool waits, RoomSession& room, uint64_t ticket);
  void take_invitation(const RoomInvitation& invitation);
  void ask_set(const Stanza& iq, Done done);
  void after_all(Done done);
  void ask_for(const std::shared_ptr<Search>& search, const Jid& service);

  Parts parts_;
  IqRequests requests_;
  RoomParts shared_;
  BookmarkFlow bookmarks_;
  std::map<Jid, std::unique_ptr<RoomSession>> rooms_;
  std::map<uint64_t, RoomSession*> tickets_;  // what is on its way to the disk
  model::Presence presence_{model::Availability::available, {}, {}};
  bool online_ = false;
  bool bookmark_missed_ = false;  // one was to be put while the stream was cut
};

}  // namespace commd::xmpp
