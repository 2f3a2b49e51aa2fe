// The messages of one account on the wire: what waits to be taken by the server, what came
// and waits for the disk, the receipts in between, and the archive that fills the gaps.
//
// After a session that could not be resumed nobody knows how much of what was on its way has
// arrived. The archive does: what may have gone out waits until that has been read, and what is
// found there is not sent again. Without an archive it is sent again, with the same id.
//
// With one exception. A server that was killed may have kept the last message it took and not
// sent it on. So of those that were on a stream which this daemon saw break, the last that is
// found goes out again, unless the other person has acknowledged it.
//
// XMPP thread.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "daemon/model/ids.h"
#include "daemon/ports/messaging.h"
#include "daemon/ports/timers.h"
#include "daemon/xmpp/archive_catch_up.h"
#include "daemon/xmpp/jid.h"
#include "daemon/xmpp/message_stanza.h"
#include "daemon/xmpp/roster.h"
#include "daemon/xmpp/stream_management.h"

namespace commd::xmpp {

class MessageFlow {
 public:
  // So long an archive may say nothing before the rest goes on without it.
  static constexpr std::chrono::seconds archive_patience{30};

  struct Told {
    std::function<void(ports::IncomingMessage)> received;
    std::function<void(ports::MessageReport)> report;
    std::function<void(const ports::TypingNews&)> typing;
    // Up to there all of the archive is on disk: where the next session goes on.
    std::function<void(const std::string&)> place;
    // Something was submitted outside of all calls.
    std::function<void()> flush;
    // Whether that address, without a nick, is a room: then each nick in it is somebody else.
    std::function<bool(const Jid&)> is_room;
  };
  // `account`: bare. `place`: as was told last; may be empty. The rest outlives it.
  MessageFlow(model::AccountId id, Jid account, StreamManagement& management, const Roster& roster,
              ports::Timers& timers, std::string place, Told told);

  // Outwards. What is queued already is not queued twice.
  void send(ports::OutgoingMessage message);
  void amend(model::Amendment amendment, bool again);
  // While a session is up; to those who may know.
  void set_typing(const ports::TypingNews& news);
  // Of StreamManagement: the server has them. Tags of others are passed over.
  void acknowledged(const std::vector<uint64_t>& tags);

  // A session that is no resumed one: before anything is written on it.
  void begin_session(base::WallTime now);
  // It is cut, and may be resumed: nobody can answer meanwhile.
  void session_cut();
  void session_resumed();
  // It ends for good.
  void end();

  // Inwards. True: it goes to the disk, and stored() is called with its ticket.
  bool take(const Element& message, uint64_t ticket, base::WallTime now);
  // True: the answer to a question of ours.
  bool take_iq(const Element& iq);
  // It is there: the sender may know.
  void stored(uint64_t ticket);
  // One is not: the stream will bring it again.
  void not_stored() { catch_up_.repeated(); }
  // The server repeats what was not acknowledged: tickets of before mean nothing.
  void forget_tickets();

 private:
  struct Outgoing {
    std::variant<ports::OutgoingMessage, model::Amendment> what;
    bool again = false;  // it may have gone out before
    bool cut = false;    // on a stream that broke

    const model::MessageId& id() const;
    const std::string& to() const;
    bool is_marker() const;
  };
  struct Live {
    std::string archive_id;
    bool stored = false;
  };

  void put(Outgoing outgoing);
  void submit_waiting();
  bool refused(const Outgoing& outgoing, const base::Result<Jid>& to);
  Stanza stanza_of(const Outgoing& outgoing, const Jid& to) const;
  void done(const model::MessageId& id);
  void fail(const model::MessageId& id, const base::Error& why);
  void want_receipt(const MessageContent& content, uint64_t ticket);
  bool take_copy(const Forwarded& copy, uint64_t ticket, base::WallTime now, bool receipts);
  bool take_own_copy(MessageContent content, base::WallTime time, uint64_t ticket);
  bool arrived(const model::MessageId& id);
  void settle(const model::MessageId& id);
  void acknowledged_by(const std::string& peer, const std::string& id);
  void tell_news(MessageContent& content);
  void tell_typing(const MessageContent& content);
  std::string peer_of(const Jid& jid, bool in_room) const;
  bool is_one_of_many(const Jid& jid, bool in_room) const;
  ports::IncomingMessage incoming_of(MessageContent content, uint64_t ticket) const;
  void go_on();
  void arm_patience();
  void caught_up();
  void reach(std::string place);
  bool all_acknowledged() const;
  void advance();

  model::AccountId id_;
  Jid account_;
  StreamManagement& management_;
  const Roster& roster_;
  ports::Timers& timers_;
  Told told_;

  uint64_t last_tag_ = 0;
  std::map<uint64_t, Outgoing> sent_;  // by tag: with StreamManagement
  std::set<model::MessageId> known_;   // those, those that wait, and of late
  std::deque<model::MessageId> done_;  // those of late: the core may not know yet
  std::deque<Outgoing> waiting_;
  struct Receipt {
    Jid to;
    std::string id;
  };
  std::map<uint64_t, Receipt> receipts_;         // by ticket
  std::map<std::string, model::Typing> typing_;  // by person: as was told last

  ArchiveCatchUp catch_up_;
  model::MessageId last_found_;      // of those with `cut`
  std::set<std::string> seen_live_;  // fingerprints of what came by itself meanwhile
  std::string place_;
  // Behind something of ours that the server has not acknowledged: the next daemon has to find
  // it. Told when it has.
  std::string held_place_;
  bool found_in_flight_ = false;   // such a thing, in this session's archive
  bool settled_ = false;           // what may have gone out is known
  bool complete_ = false;          // and nothing is missing before what comes now
  std::map<uint64_t, Live> live_;  // by ticket: came, and waits for the disk
  ports::TimerHandle patience_;
  ports::TimerHandle place_due_;
};

}  // namespace commd::xmpp
