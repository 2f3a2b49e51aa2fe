// One room of one account: going in and staying in, who is in it, what is said there and what is to
// be said (XEP-0045 1.34, XEP-0410 1.1).
//
// What is to be said waits until this end is in the room and knows what was said before: of what
// may have gone out on a stream that broke, that tells what has arrived. It has arrived when the
// room has told it to this end as well.
//
// XMPP thread. What comes in is hostile.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "daemon/model/room.h"
#include "daemon/net/backoff.h"
#include "daemon/ports/clock.h"
#include "daemon/ports/messaging.h"
#include "daemon/ports/rooms.h"
#include "daemon/ports/timers.h"
#include "daemon/xmpp/iq_requests.h"
#include "daemon/xmpp/muc_admin.h"
#include "daemon/xmpp/muc_message.h"
#include "daemon/xmpp/muc_presence.h"
#include "daemon/xmpp/room_history.h"
#include "daemon/xmpp/stream_management.h"

namespace commd::xmpp {

// What all rooms of an account share; each outlives them.
struct RoomParts {
  model::AccountId id;
  Jid account;  // bare
  IqRequests& requests;
  ports::Timers& timers;
  const ports::Clock& clock;
  ports::RoomEvents& events;
  std::function<void(ports::IncomingMessage)> received;
  std::function<void(ports::MessageReport)> report;
  // Where the history of a room goes on, to be kept; empty: nothing is.
  std::function<void(const Jid& room, const std::string& place)> place;
  // False: too much waits already.
  std::function<bool(const Stanza&, StanzaKind)> send;
  // Something was sent outside of all calls.
  std::function<void()> flush;
  std::function<void(const std::string& reason, const std::string& words)> notice;
  std::function<uint32_t()> random;
  // What this person shows of himself; never unavailable.
  std::function<model::Presence()> presence;
};

class RoomSession {
 public:
  using Done = ports::Rooms::Done;
  // So long a room may take to let somebody in.
  static constexpr std::chrono::seconds join_patience{60};
  // After so long without a word this end asks whether it is in the room still (XEP-0410).
  static constexpr std::chrono::minutes quiet{15};
  // A cut stream may be resumed so long before this end is taken for gone.
  static constexpr std::chrono::seconds resume_patience{60};
  // In a row; then a person must act.
  static constexpr int most_attempts = 30;
  static constexpr int most_nick_attempts = 4;

  RoomSession(const RoomParts& parts, const Jid& room, std::string place);
  RoomSession(const RoomSession&) = delete;
  RoomSession& operator=(const RoomSession&) = delete;

  // ---- wishes ------------------------------------------------------------------------

  // `done` may be empty: nobody waits, and what may be otherwise later is tried again.
  void join(ports::RoomWish wish, Done done);
  // `configuration`: what differs from the service's defaults.
  void create(ports::RoomWish wish, model::DataForm configuration, Done done);
  void leave(const std::string& text);
  void set_nick(const std::string& nick, Done done);
  void set_subject(const std::string& subject, Done done);
  void say_presence();
  bool wanted() const { return wanted_; }
  // Nothing is to be said or asked there any more: it can be made anew when somebody wants in.
  bool is_over() const { return !wanted_ && answers_.empty() && outbox_.empty(); }
  bool joined() const { return phase_ == Phase::in; }

  // Until the room has told it to this end. ROOM_NOT_JOINED by report() where nobody wants in.
  void send(ports::OutgoingMessage message);
  void amend(model::Amendment amendment, bool again);

  // ---- the session -------------------------------------------------------------------

  // `may_enter`: this person is there for others.
  void session_began(bool may_enter);
  void session_resumed();
  void session_cut(bool can_resume);
  void session_ended();
  // This person is there for others again, or not any more: then the server has put him out.
  void set_visible(bool visible);

  // ---- inwards -------------------------------------------------------------------------

  void take_presence(RoomPresence presence);
  // Of type groupchat, a result of the archive, or an error. True: it goes to the disk, and
  // stored() is called with its ticket.
  bool take_message(const Element& message, uint64_t ticket);
  bool take_result(const Element& message, uint64_t ticket);
  bool take_error(const Element& message);
  bool take_iq(const Element& iq);
  void stored(uint64_t ticket);
  void not_stored() { history_.not_stored(); }
  void forget_tickets() { history_.forget_tickets(); }

  // ---- reading -------------------------------------------------------------------------

  std::vector<model::Occupant> occupants() const;
  // Nothing: there is no such nick.
  const model::Occupant* occupant(const std::string& nick) const;
  const Jid& room() const { return room_; }
  Jid own_occupant() const;
  const RoomInfo& info() const { return info_; }
  std::string password() const { return wish_.password; }
  std::string uri() const { return "xmpp:" + room_.str(); }

 private:
  enum class Phase {
    out,       // nobody wants in, or it was put out
    waiting,   // for the stream, or for the next attempt
    asking,    // what the room is like
    entering,  //
    in,
  };
  struct Seat {
    model::Occupant occupant;
    std::string id;  // of the occupant, or where the room has none of this stay
  };
  struct Outgoing {
    std::variant<ports::OutgoingMessage, model::Amendment> what;
    bool submitted = false;
    bool repeated = false;  // the room had lost this end

    const model::MessageId& id() const;
  };
  struct Pending {
    std::string what;  // the nick, or the id of the message
    Done done;
    ports::TimerHandle timer;
  };

  // ---- going in and staying in (room_entry.cpp), not getting in (room_session.cpp)
  void begin();
  // An answer comes to the attempt that asked, or to nobody.
  void ask(const Stanza& iq, std::function<void(const base::Result<Element>&)> then);
  void asked(const base::Result<Element>& answer);
  void enter();
  void entered(const RoomPresence& presence);
  void made();
  void configure(const base::Result<Element>& form);
  void opened(const base::Result<Element>& answer);
  void settled_in();
  void refused(const RoomPresence& presence);
  void attempt_failed(const base::Error& error, bool later);
  void fail(const base::Error& error);
  void put_out(const RoomPresence& presence);
  void reset_stay();
  void retry();
  void answer(const base::Result<void>& result);
  void ask_traits();
  void self_ping();
  void pinged(const base::Result<Element>& answer);
  void arm_quiet();
  void heard() { heard_ = parts_.clock.mono_now(); }
  void tell(model::RoomState state, const base::Error& why = {});
  void tell() { tell(told_state_, told_why_); }

  // ---- who is in it (room_people.cpp)
  bool is_self(const RoomPresence& presence) const;
  void arrived(const RoomPresence& presence);
  void departed(const RoomPresence& presence);
  void renamed(const RoomPresence& presence);
  void tell_news(const model::Occupant& occupant, model::OccupantChange change,
                 const RoomPresence& presence);
  void take_codes(const std::vector<int>& codes);
  void finish(std::optional<Pending>& pending, const base::Result<void>& result);
  void begin_pending(std::optional<Pending>& pending, std::string what, Done done);

  // ---- what is said (room_talk.cpp)
  void put(Outgoing outgoing);
  void submit_waiting();
  Stanza stanza_of(const Outgoing& outgoing) const;
  bool refuse_outgoing(const model::MessageId& id);
  bool has_arrived(const std::string& id);
  bool take_said(RoomMessage message, uint64_t ticket, bool archived);
  void take_subject(const RoomMessage& message);
  ports::IncomingMessage incoming_of(RoomMessage message, uint64_t ticket) const;
  void settle();
  void keep_place();
  std::string occupant_of(const RoomMessage& message) const;

  const RoomParts& parts_;
  Jid room_;
  ports::RoomWish wish_;
  bool wanted_ = false;
  bool online_ = false;
  bool visible_ = true;
  Phase phase_ = Phase::out;
  uint64_t attempt_ = 0;  // answers to older ones are for nothing
  std::vector<Done> answers_;
  std::optional<model::DataForm> creation_;  // a new one is asked for
  RoomInfo info_;
  bool asking_traits_ = false;
  bool history_told_ = false;  // all that comes now is new
  bool logged_ = false;        // this person was told that others can read it
  std::string nick_;           // as the room has it
  std::string agreed_nick_;    // as it had it last; empty: this person has left since
  std::string own_id_;         // occupant id
  std::string subject_, subject_by_;
  std::map<std::string, Seat> seats_;  // by nick
  size_t uncounted_ = 0;               // occupants beyond those
  uint64_t stays_ = 0;
  model::RoomState told_state_ = model::RoomState::left;
  base::Error told_why_;
  std::optional<ports::RoomReport> told_;
  std::optional<Pending> renaming_;
  std::optional<Pending> naming_;  // of the subject
  RoomHistory history_;
  std::string told_place_;
  std::deque<Outgoing> outbox_;
  std::set<std::string> arrived_;  // ids of late
  std::deque<std::string> arrived_order_;
  net::Backoff backoff_;
  int failures_ = 0;
  base::MonoTime heard_{};
  ports::TimerHandle join_timer_;  // entering, or until the next attempt
  ports::TimerHandle quiet_timer_;
  ports::TimerHandle resume_timer_;
  ports::TimerHandle settle_timer_;
  ports::TimerHandle place_timer_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace commd::xmpp
