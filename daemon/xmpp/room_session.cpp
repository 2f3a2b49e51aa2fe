// A room that this person wants to be in: over sessions, and where it does not let him in.
#include "daemon/xmpp/room_session.h"

#include <utility>

#include "daemon/base/escape.h"

namespace commd::xmpp {
namespace {

using base::Code;
using model::RoomState;

base::Error offline() {
  return {Code::failed_precondition,
          "ACCOUNT_NOT_ONLINE",
          "the account is not online; this person goes in as soon as it is",
          {}};
}

base::Error cannot_make() {
  return {Code::failed_precondition,
          "ACCOUNT_NOT_ONLINE",
          "the account is not online: no room can be made; try again when it is",
          {}};
}

base::Error unavailable() {
  return {Code::failed_precondition,
          "PRESENCE_UNAVAILABLE",
          "who is there for nobody is in no room; commctl presence set available",
          {}};
}

}  // namespace

RoomSession::RoomSession(const RoomParts& parts, const Jid& room, std::string place)
    : parts_(parts), room_(room), history_(parts.account, room, place), told_place_(place) {}

Jid RoomSession::own_occupant() const {
  const auto own = room_.with_resource(nick_.empty() ? wish_.nick : nick_);
  return own ? *own : room_;
}

// ---- wishes ------------------------------------------------------------------------

void RoomSession::join(ports::RoomWish wish, Done then) {
  const bool waits = static_cast<bool>(then);
  const Done done = [then = std::move(then)](const base::Result<void>& result) {
    if (then) then(result);
  };
  wanted_ = true;
  if (phase_ == Phase::in) {
    // What the room has agreed to holds until it agrees to another.
    const std::string nick = std::exchange(wish.nick, wish_.nick);
    wish.must_exist = false;
    wish_ = std::move(wish);
    if (!nick.empty() && nick != nick_) return set_nick(nick, done);
    return done({});
  }
  wish_ = std::move(wish);
  failures_ = 0;
  if (!online_ || !visible_) {
    const base::Error why = online_ ? unavailable() : offline();
    tell(RoomState::joining, why);
    return done(base::fail(why));
  }
  if (waits) answers_.push_back(done);
  // With another nick it is asked anew.
  const bool other = phase_ == Phase::entering && wish_.nick != nick_;
  if (phase_ == Phase::out || phase_ == Phase::waiting || other) begin();
}

void RoomSession::create(ports::RoomWish wish, model::DataForm configuration, Done done) {
  if (!online_ || !visible_) return done(base::fail(online_ ? unavailable() : cannot_make()));
  if (wanted_)
    return done(base::fail(Code::already_exists, "ROOM_EXISTS",
                           "there is a room at that address, and this person is in it"));
  wish_ = std::move(wish);
  wanted_ = true;
  creation_ = std::move(configuration);
  answers_.push_back(std::move(done));
  begin();
}

void RoomSession::leave(const std::string& text) {
  if (phase_ == Phase::in || phase_ == Phase::entering)
    parts_.send(make_room_leave(own_occupant(), text), StanzaKind::presence);
  wanted_ = false;
  agreed_nick_.clear();
  creation_.reset();
  reset_stay();
  phase_ = Phase::out;
  answer(base::fail(Code::aborted, "ROOM_LEFT", "the room was left before it let this person in"));
  while (!outbox_.empty()) {
    const model::MessageId id = outbox_.front().id();
    outbox_.pop_front();
    refuse_outgoing(id);
  }
  history_.forget();
  keep_place();
  tell(RoomState::left);
}

void RoomSession::answer(const base::Result<void>& result) {
  for (const Done& done : std::exchange(answers_, {})) done(result);
}

// ---- the session -------------------------------------------------------------------

void RoomSession::session_began(bool may_enter) {
  online_ = true;
  visible_ = may_enter;
  resume_timer_.reset();
  reset_stay();
  failures_ = 0;
  for (Outgoing& each : outbox_) each.submitted = false;
  if (!wanted_) return;
  if (visible_) return begin();
  phase_ = Phase::waiting;
  tell(RoomState::joining, unavailable());
}

void RoomSession::session_resumed() {
  online_ = true;
  resume_timer_.reset();
  if (phase_ == Phase::in) self_ping();
  if (phase_ == Phase::waiting && wanted_ && visible_) begin();
}

void RoomSession::session_cut(bool can_resume) {
  online_ = false;
  quiet_timer_.reset();
  if (!wanted_) return;
  const auto lose = [this] {
    tell(RoomState::joining, {Code::unavailable,
                              "CONNECTION_LOST",
                              "the connection to the server was lost; this person goes in again "
                              "as soon as it is there",
                              {}});
  };
  if (!can_resume) return lose();
  resume_timer_ = parts_.timers.after(resume_patience, lose);
}

void RoomSession::session_ended() {
  online_ = false;
  resume_timer_.reset();
  place_timer_.reset();
  keep_place();
  reset_stay();
  if (!wanted_) return;
  phase_ = Phase::waiting;
  answer(base::fail(offline()));
  tell(RoomState::joining, offline());
}

// RFC 6121 section 4.6.3: the server has told the rooms as well.
void RoomSession::set_visible(bool visible) {
  if (std::exchange(visible_, visible) == visible || !wanted_ || !online_) return;
  if (visible) return begin();
  reset_stay();
  for (Outgoing& each : outbox_) each.submitted = false;
  phase_ = Phase::waiting;
  tell(RoomState::joining, unavailable());
  answer(base::fail(unavailable()));
}

// Nothing of a stay outlives it, but what is still to be said.
void RoomSession::reset_stay() {
  ++attempt_;
  join_timer_.reset();
  quiet_timer_.reset();
  settle_timer_.reset();
  history_.stop();
  history_told_ = asking_traits_ = false;
  seats_.clear();
  uncounted_ = 0;
  own_id_.clear();
  const auto gone = base::fail(Code::unavailable, "CONNECTION_LOST",
                               "this person is in the room no more; it may have been done or not");
  finish(renaming_, gone);
  finish(naming_, gone);
}

// ---- not getting in --------------------------------------------------------------------

void RoomSession::refused(const RoomPresence& presence) {
  if (phase_ == Phase::in) {
    if (renaming_ && (presence.from.is_bare() || presence.from.resource() == renaming_->what))
      finish(renaming_, base::fail(to_room_error(presence.error, uri(), renaming_->what)));
    return;
  }
  if (phase_ != Phase::entering) return;
  // What cannot be right now may be later, but for one who waits for an answer.
  const bool conflict = presence.error.condition == Condition::conflict;
  const bool waits = !answers_.empty();
  // Another nick was asked for on the way back in: it stays the one of before.
  const bool enough = waits || failures_ >= most_nick_attempts;
  if (conflict && enough && !agreed_nick_.empty() && wish_.nick != agreed_nick_) {
    const base::Error error = to_room_error(presence.error, uri(), wish_.nick);
    wish_.nick = agreed_nick_;
    failures_ = 0;
    begin();
    return answer(base::fail(error));
  }
  const bool later =
      may_pass(presence.error) && !waits && !(conflict && failures_ >= most_nick_attempts);
  attempt_failed(to_room_error(presence.error, uri(), wish_.nick), later);
}

// Where the stream is cut it is not the room that is silent: who wants in is in when it is back.
void RoomSession::attempt_failed(const base::Error& error, bool later) {
  if (!online_ && !creation_) {
    reset_stay();
    phase_ = Phase::waiting;
    tell(RoomState::joining, offline());
    return answer(base::fail(offline()));
  }
  if (!later || ++failures_ > most_attempts || creation_) return fail(error);
  reset_stay();
  phase_ = Phase::waiting;
  const std::chrono::milliseconds wait = backoff_.next(parts_.random());
  join_timer_ = parts_.timers.after(wait, [this] { retry(); });
  tell(RoomState::joining, error);
  answer(base::fail(error));
}

void RoomSession::retry() {
  if (!online_ || !visible_ || !wanted_) return;
  begin();
  parts_.flush();
}

void RoomSession::fail(const base::Error& error) {
  reset_stay();
  wanted_ = false;
  agreed_nick_.clear();
  creation_.reset();
  phase_ = Phase::out;
  while (!outbox_.empty()) {
    const model::MessageId id = outbox_.front().id();
    outbox_.pop_front();
    refuse_outgoing(id);
  }
  tell(RoomState::failed, error);
  answer(base::fail(error));
}

// Sections 8.2, 9.1, 9.6, 10.9, 17.3.
void RoomSession::put_out(const RoomPresence& presence) {
  const std::string by = presence.actor.empty() ? "" : " by " + base::escape_line(presence.actor);
  const std::string why =
      presence.text.empty() ? "" : ": \"" + base::escape_line(presence.text) + "\"";
  const auto out = [&](const char* reason, const std::string& words) {
    base::Error error{Code::permission_denied, reason, words + by + why, {{"room", uri()}}};
    if (!presence.successor.empty()) error.details["successor"] = presence.successor;
    fail(error);
  };
  if (presence.destroyed) {
    const std::string next =
        presence.successor.empty() ? "" : "; it goes on at " + presence.successor;
    return out("ROOM_DESTROYED", "the room was ended" + next);
  }
  if (presence.says(MucStatus::banned)) return out("ROOM_BANNED", "banned from the room");
  if (presence.says(MucStatus::technical) || presence.says(MucStatus::shutdown))
    return attempt_failed({Code::unavailable,
                           "ROOM_CLOSED",
                           "the room's service put everybody out for a while" + why,
                           {}},
                          true);
  if (presence.says(MucStatus::kicked)) return out("ROOM_KICKED", "put out of the room");
  if (presence.says(MucStatus::affiliation_changed))
    return out("ROOM_REMOVED", "no member of the room any more");
  if (presence.says(MucStatus::members_only))
    return out("ROOM_MEMBERS_ONLY", "only members may be in the room now");
  attempt_failed({Code::unavailable,
                  "ROOM_LOST",
                  "the room says that this person has left; he goes in again" + why,
                  {}},
                 true);
}

// ---- what is told ------------------------------------------------------------------------

void RoomSession::tell(RoomState state, const base::Error& why) {
  told_state_ = state;
  if (&why != &told_why_) told_why_ = why;
  ports::RoomReport report;
  report.account = parts_.id;
  report.address = uri();
  report.state = state;
  report.reason = why.reason;
  report.message = why.message;
  report.nick = nick_.empty() ? wish_.nick : nick_;
  if (phase_ == Phase::in) {
    report.subject = subject_;
    report.subject_by = subject_by_;
    if (const auto own = seats_.find(nick_); own != seats_.end()) {
      report.affiliation = own->second.occupant.affiliation;
      report.role = own->second.occupant.role;
    }
    report.occupants = seats_.size() + uncounted_;
  }
  report.traits = info_.traits;
  parts_.events.room_report(std::move(report));
}

}  // namespace commd::xmpp
