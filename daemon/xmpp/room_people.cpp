// Who is in a room.
#include <algorithm>
#include <utility>

#include "daemon/xmpp/room_session.h"

namespace commd::xmpp {
namespace {

using base::Code;
using model::OccupantChange;

constexpr std::chrono::seconds answer_patience{30};

// Which of the ways out it was.
OccupantChange change_of(const RoomPresence& presence) {
  if (presence.says(MucStatus::banned)) return OccupantChange::banned;
  if (presence.says(MucStatus::technical) || presence.says(MucStatus::shutdown))
    return OccupantChange::left;
  if (presence.says(MucStatus::kicked)) return OccupantChange::kicked;
  if (presence.says(MucStatus::affiliation_changed) || presence.says(MucStatus::members_only))
    return OccupantChange::removed;
  return OccupantChange::left;
}

base::Error not_joined(const std::string& room) {
  return {Code::failed_precondition,
          "ROOM_NOT_JOINED",
          "this person is not in the room; commctl room join goes in",
          {{"room", room}}};
}

}  // namespace

bool RoomSession::is_self(const RoomPresence& presence) const {
  if (presence.says(MucStatus::self)) return true;
  return !nick_.empty() && presence.occupant.nick == nick_;
}

void RoomSession::take_presence(RoomPresence presence) {
  if (phase_ != Phase::entering && phase_ != Phase::in) return;
  heard();
  switch (presence.kind) {
    case RoomPresence::Kind::refused:
      return refused(presence);
    case RoomPresence::Kind::gone:
      return departed(presence);
    case RoomPresence::Kind::there:
      return arrived(presence);
  }
}

void RoomSession::arrived(const RoomPresence& presence) {
  const bool self = is_self(presence);
  if (self) {
    nick_ = presence.occupant.nick;  // the room may have given another (210)
    own_id_ = info_.has_occupant_ids ? presence.occupant_id : std::string();
  }
  const auto found = seats_.find(presence.occupant.nick);
  const bool is_new = found == seats_.end();
  if (is_new && seats_.size() >= model::max_occupants && !self) {
    ++uncounted_;
    return;
  }
  Seat& seat = seats_[presence.occupant.nick];
  const model::Occupant before = seat.occupant;
  seat.occupant = presence.occupant;
  seat.occupant.self = self;
  if (seat.occupant.presence.availability == before.presence.availability &&
      seat.occupant.presence.status == before.presence.status && !is_new)
    seat.occupant.presence.time = before.presence.time;
  if (info_.has_occupant_ids && !presence.occupant_id.empty())
    seat.id = presence.occupant_id;
  else if (is_new)
    seat.id = "stay " + parts_.id.str() + " " + make_id() + " " + std::to_string(++stays_);
  if (phase_ == Phase::entering) {
    if (!self) return;
    entered(presence);
    return take_codes(presence.codes);
  }
  if (is_new)
    tell_news(seat.occupant, OccupantChange::joined, presence);
  else if (seat.occupant != before)
    tell_news(seat.occupant, OccupantChange::changed, presence);
  const bool mine =
      before.affiliation != seat.occupant.affiliation || before.role != seat.occupant.role;
  if (self && mine) tell();
}

void RoomSession::departed(const RoomPresence& presence) {
  if (phase_ == Phase::entering && !is_self(presence)) {
    seats_.erase(presence.occupant.nick);
    return;
  }
  if (presence.says(MucStatus::new_nick) && !presence.new_nick.empty()) return renamed(presence);
  const bool self = is_self(presence) || (presence.destroyed && presence.from.is_bare());
  const auto found = seats_.find(presence.occupant.nick);
  if (found == seats_.end()) {
    if (uncounted_ > 0 && !self) --uncounted_;
    if (self) put_out(presence);
    return;
  }
  model::Occupant last = found->second.occupant;
  last.presence = presence.occupant.presence;
  last.affiliation = presence.occupant.affiliation;
  last.role = model::RoomRole::none;
  seats_.erase(found);
  tell_news(last, presence.destroyed ? OccupantChange::left : change_of(presence), presence);
  if (self) put_out(presence);
}

// Section 7.6: presence from the new nick follows, and says nothing new.
void RoomSession::renamed(const RoomPresence& presence) {
  auto node = seats_.extract(presence.occupant.nick);
  if (node.empty()) return;
  const bool self = is_self(presence);
  tell_news(node.mapped().occupant, OccupantChange::renamed, presence);
  node.key() = presence.new_nick;
  node.mapped().occupant.nick = presence.new_nick;
  seats_.erase(presence.new_nick);
  seats_.insert(std::move(node));
  if (!self) return;
  nick_ = wish_.nick = agreed_nick_ = presence.new_nick;
  tell();
  finish(renaming_, {});
}

void RoomSession::tell_news(const model::Occupant& occupant, OccupantChange change,
                            const RoomPresence& presence) {
  model::OccupantNews news;
  news.account = parts_.id;
  news.room = uri();
  news.occupant = occupant;
  news.change = change;
  if (change == OccupantChange::renamed) news.new_nick = presence.new_nick;
  news.by = presence.actor;
  news.text = presence.text;
  if (news.text.empty() && change == OccupantChange::left)
    news.text = presence.occupant.presence.status;
  news.occupants = seats_.size() + uncounted_;
  parts_.events.occupant_report(std::move(news));
}

// Sections 7.2.3, 10.2.1.
void RoomSession::take_codes(const std::vector<int>& codes) {
  const auto has = [&](MucStatus code) {
    return std::find(codes.begin(), codes.end(), static_cast<int>(code)) != codes.end();
  };
  const model::RoomTraits before = info_.traits;
  if (has(MucStatus::everybody_sees_addresses) || has(MucStatus::non_anonymous))
    info_.traits.non_anonymous = true;
  if (has(MucStatus::semi_anonymous)) info_.traits.non_anonymous = false;
  if (has(MucStatus::logged) && !std::exchange(logged_, true))
    parts_.notice("ROOM_LOGGED", "what is said in " + uri() + " is kept where others can read it");
  if (has(MucStatus::not_logged) && std::exchange(logged_, false))
    parts_.notice("ROOM_NOT_LOGGED", "what is said in " + uri() + " is kept no more");
  if (info_.traits != before) tell();
  if (has(MucStatus::settings_changed)) ask_traits();
}

std::vector<model::Occupant> RoomSession::occupants() const {
  std::vector<model::Occupant> all;
  all.reserve(seats_.size());
  for (const auto& [nick, seat] : seats_) all.push_back(seat.occupant);
  return all;
}

const model::Occupant* RoomSession::occupant(const std::string& nick) const {
  const auto found = seats_.find(nick);
  return found == seats_.end() ? nullptr : &found->second.occupant;
}

// ---- asked by this person ------------------------------------------------------------

void RoomSession::begin_pending(std::optional<Pending>& pending, std::string what, Done done) {
  finish(pending, base::fail(Code::aborted, "OVERTAKEN", "another one was asked for meanwhile"));
  pending.emplace(Pending{std::move(what), std::move(done), nullptr});
  pending->timer = parts_.timers.after(answer_patience, [this, &pending] {
    finish(pending, base::fail(Code::deadline_exceeded, "SERVER_SILENT",
                               "the room does not answer; try again"));
  });
}

void RoomSession::finish(std::optional<Pending>& pending, const base::Result<void>& result) {
  if (!pending) return;
  const Done done = std::move(pending->done);
  pending.reset();
  done(result);
}

void RoomSession::set_nick(const std::string& nick, Done done) {
  if (phase_ != Phase::in) return done(base::fail(not_joined(uri())));
  const auto occupant = room_.with_resource(nick);
  if (!occupant)
    return done(base::fail(Code::invalid_argument, "NICK_INVALID",
                           "that nick cannot stand in an address; choose another"));
  if (occupant->resource() == nick_) return done({});
  begin_pending(renaming_, std::string(occupant->resource()), std::move(done));
  parts_.send(make_room_presence(*occupant, parts_.presence()), StanzaKind::presence);
}

void RoomSession::set_subject(const std::string& subject, Done done) {
  if (phase_ != Phase::in) return done(base::fail(not_joined(uri())));
  const std::string id = make_id();
  begin_pending(naming_, id, std::move(done));
  parts_.send(make_subject(room_, id, subject), StanzaKind::iq);
}

void RoomSession::say_presence() {
  if (phase_ == Phase::in)
    parts_.send(make_room_presence(own_occupant(), parts_.presence()), StanzaKind::presence);
}

}  // namespace commd::xmpp
