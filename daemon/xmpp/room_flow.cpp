#include "daemon/xmpp/room_flow.h"

#include <utility>

#include "daemon/xmpp/forwarded.h"
#include "daemon/xmpp/namespaces.h"

namespace commd::xmpp {
namespace {

using base::Code;
using model::Availability;

base::Result<Jid> jid_of(const std::string& address) {
  return Jid::parse(std::string_view(address).substr(address.find(':') + 1));
}

}  // namespace

RoomFlow::RoomFlow(Parts parts)
    : parts_(std::move(parts)),
      requests_(parts_.account, parts_.timers,
                [this](const Stanza& iq) { return parts_.send(iq, StanzaKind::iq); }),
      shared_{parts_.id,
              parts_.account,
              requests_,
              parts_.timers,
              parts_.clock,
              parts_.events,
              parts_.received,
              parts_.report,
              [this](const Jid& room, const std::string& place) { keep_place(room, place); },
              parts_.send,
              parts_.flush,
              parts_.notice,
              parts_.random,
              [this] {
                model::Presence shown = presence_;
                if (shown.availability == Availability::unavailable)
                  shown.availability = Availability::available;
                return shown;
              }},
      bookmarks_(parts_.id, parts_.account, requests_, parts_.events) {}

RoomSession* RoomFlow::room_of(const Jid& bare) const {
  const auto found = rooms_.find(bare);
  return found == rooms_.end() ? nullptr : found->second.get();
}

RoomSession* RoomFlow::room_for(const std::string& address) {
  const auto jid = jid_of(address);
  if (!jid) return nullptr;
  if (RoomSession* known = room_of(jid->bare())) return known;
  if (rooms_.size() >= model::max_rooms) forget_left();
  if (rooms_.size() >= model::max_rooms) return nullptr;
  const auto place = parts_.places.find("xmpp:" + jid->bare().str());
  auto room = std::make_unique<RoomSession>(
      shared_, jid->bare(), place == parts_.places.end() ? std::string() : place->second);
  if (online_) room->session_began(presence_.availability != Availability::unavailable);
  return (rooms_[jid->bare()] = std::move(room)).get();
}

void RoomFlow::keep_place(const Jid& room, const std::string& place) {
  parts_.places["xmpp:" + room.str()] = place;
  parts_.place(room, place);
}

// They stay as long as there is room for them: who is put out, or leaves, may be back soon, and
// what still comes from there is known for what it is.
void RoomFlow::forget_left() {
  for (auto each = rooms_.begin(); each != rooms_.end();) {
    RoomSession* const room = each->second.get();
    if (!room->is_over()) {
      ++each;
      continue;
    }
    std::erase_if(tickets_, [room](const auto& ticket) { return ticket.second == room; });
    each = rooms_.erase(each);
  }
}

// ---- the session -------------------------------------------------------------------

void RoomFlow::session_began() {
  requests_.fail_all({Code::unavailable,
                      "CONNECTION_LOST",
                      "the connection to the server was lost; it may have been done or not",
                      {}});
  online_ = true;
  bookmark_missed_ = false;
  bookmarks_.session_began();
  const bool visible = presence_.availability != Availability::unavailable;
  for (const auto& [jid, room] : rooms_) room->session_began(visible);
}

void RoomFlow::session_resumed() {
  online_ = true;
  // What the server says of them has the core put it once more.
  if (std::exchange(bookmark_missed_, false)) bookmarks_.session_began();
  for (const auto& [jid, room] : rooms_) room->session_resumed();
}

void RoomFlow::session_cut(bool can_resume) {
  online_ = false;
  for (const auto& [jid, room] : rooms_) room->session_cut(can_resume);
}

void RoomFlow::session_ended() {
  online_ = false;
  requests_.fail_all({Code::unavailable,
                      "CONNECTION_LOST",
                      "the account has left its server; it may have been done or not",
                      {}});
  for (const auto& [jid, room] : rooms_) room->session_ended();
}

// ---- inwards -----------------------------------------------------------------------

RoomFlow::Taken RoomFlow::taken(bool waits, RoomSession& room, uint64_t ticket) {
  if (waits) tickets_[ticket] = &room;
  return waits ? Taken::waits : Taken::done;
}

RoomFlow::Taken RoomFlow::take_message(const Element& message, uint64_t ticket) {
  const auto from = Jid::parse(message.from());
  RoomSession* room = from ? room_of(from->bare()) : nullptr;
  if (is_archive_result(message)) {
    const bool whole_room = room && from->is_bare();
    return whole_room ? taken(room->take_result(message, ticket), *room, ticket) : Taken::no;
  }
  if (const auto invitation = read_room_invitation(message)) {
    take_invitation(*invitation);
    return Taken::done;
  }
  // What is said in rooms that this person is not in is for nothing.
  if (message.type() == "groupchat")
    return room ? taken(room->take_message(message, ticket), *room, ticket) : Taken::done;
  if (message.type() == "error" && room && room->take_error(message)) return Taken::done;
  return bookmarks_.take_message(message) ? Taken::done : Taken::no;
}

void RoomFlow::take_invitation(const RoomInvitation& invitation) {
  const RoomSession* room = room_of(invitation.room);
  const bool joined = room && room->joined();
  if (!invitation.declined) {
    if (!joined)
      parts_.events.room_invitation({parts_.id, "xmpp:" + invitation.room.str(), invitation.inviter,
                                     invitation.text, invitation.password, invitation.mediated});
    return;
  }
  if (joined)
    parts_.notice("ROOM_DECLINED", invitation.inviter +
                                       " does not come to xmpp:" + invitation.room.str() +
                                       (invitation.text.empty() ? "" : ": " + invitation.text));
}

bool RoomFlow::take_presence(const Element& presence) {
  const auto from = Jid::parse(presence.from());
  RoomSession* room = from ? room_of(from->bare()) : nullptr;
  if (!room) return false;
  if (auto read = read_room_presence(presence, parts_.clock.wall_now()))
    room->take_presence(std::move(*read));
  return true;
}

bool RoomFlow::take_iq(const Element& iq) {
  if (iq.type() != "result" && iq.type() != "error") return false;
  if (requests_.take(iq)) return true;
  const auto from = Jid::parse(iq.from());
  RoomSession* room = from ? room_of(*from) : nullptr;
  return room && room->take_iq(iq);
}

void RoomFlow::stored(uint64_t ticket) {
  const auto found = tickets_.extract(ticket);
  if (!found.empty()) found.mapped()->stored(ticket);
}

void RoomFlow::not_stored() {
  for (const auto& [jid, room] : rooms_) room->not_stored();
}

void RoomFlow::forget_tickets() {
  tickets_.clear();
  for (const auto& [jid, room] : rooms_) room->forget_tickets();
}

// ---- outwards ----------------------------------------------------------------------

bool RoomFlow::send(const ports::OutgoingMessage& message) {
  const auto to = jid_of(message.to);
  RoomSession* room = to && to->is_bare() ? room_of(*to) : nullptr;
  if (room) room->send(message);
  return room != nullptr;
}

bool RoomFlow::amend(const model::Amendment& amendment, bool again) {
  const auto to = jid_of(amendment.peer);
  RoomSession* room = to && to->is_bare() ? room_of(*to) : nullptr;
  if (room) room->amend(amendment, again);
  return room != nullptr;
}

void RoomFlow::set_presence(const model::Presence& presence) {
  const bool was_visible = presence_.availability != Availability::unavailable;
  const bool visible = presence.availability != Availability::unavailable;
  const bool same =
      presence.availability == presence_.availability && presence.status == presence_.status;
  presence_ = presence;
  if (same) return;
  for (const auto& [jid, room] : rooms_)
    if (visible != was_visible)
      room->set_visible(visible);
    else
      room->say_presence();
}

void RoomFlow::join(ports::RoomWish wish, Done done) {
  RoomSession* room = room_for(wish.address);
  if (room) return room->join(std::move(wish), std::move(done));
  if (done)
    done(base::fail(Code::resource_exhausted, "TOO_MANY_ROOMS",
                    "the account is in as many rooms as may be, or that is no address of a room; "
                    "leave one first"));
}

void RoomFlow::create(ports::RoomWish wish, model::DataForm configuration, Done done) {
  RoomSession* room = room_for(wish.address);
  if (room) return room->create(std::move(wish), std::move(configuration), std::move(done));
  done(base::fail(Code::resource_exhausted, "TOO_MANY_ROOMS",
                  "the account is in as many rooms as may be, or that is no address of a room; "
                  "leave one first"));
}

void RoomFlow::leave(const std::string& address, const std::string& text, Done done) {
  const auto jid = jid_of(address);
  RoomSession* room = jid ? room_of(jid->bare()) : nullptr;
  if (!room || !room->wanted()) return done({});
  const bool joined = room->joined() && online_;
  room->leave(text);
  parts_.places.erase(address);
  if (!joined) return done({});
  after_all(std::move(done));
}

}  // namespace commd::xmpp
