// What is said in a room, and what is to be said.
#include <algorithm>
#include <utility>

#include "daemon/xmpp/attachment.h"
#include "daemon/xmpp/message_extras.h"
#include "daemon/xmpp/namespaces.h"
#include "daemon/xmpp/room_session.h"

namespace commd::xmpp {
namespace {

constexpr size_t most_arrived = 1000;
// Places are told no oftener: what came since is asked for again, and known.
constexpr std::chrono::seconds between_places{2};

}  // namespace

// ---- out -----------------------------------------------------------------------------

const model::MessageId& RoomSession::Outgoing::id() const {
  return std::visit([](const auto& each) -> const model::MessageId& { return each.id; }, what);
}

void RoomSession::send(ports::OutgoingMessage message) { put({std::move(message)}); }

void RoomSession::amend(model::Amendment amendment, bool) {
  if (amendment.kind == model::AmendmentKind::displayed) {
    // Nobody in a room is told what was read.
    parts_.report({parts_.id, amendment.id, {}, model::MessageState::sent, {}, {}});
    return;
  }
  put({std::move(amendment)});
}

void RoomSession::put(Outgoing outgoing) {
  if (!wanted_) {
    refuse_outgoing(outgoing.id());
    return;
  }
  const bool known = arrived_.contains(outgoing.id().str()) ||
                     std::any_of(outbox_.begin(), outbox_.end(),
                                 [&](const Outgoing& each) { return each.id() == outgoing.id(); });
  if (known) return;
  outbox_.push_back(std::move(outgoing));
  submit_waiting();
}

bool RoomSession::refuse_outgoing(const model::MessageId& id) {
  parts_.report({parts_.id,
                 id,
                 {},
                 model::MessageState::failed,
                 "ROOM_NOT_JOINED",
                 "this person is not in the room; commctl room join goes in"});
  return true;
}

// In their order, as far as the queue of the stream takes them.
void RoomSession::submit_waiting() {
  if (phase_ != Phase::in || !history_.settled()) return;
  for (Outgoing& each : outbox_) {
    if (each.submitted) continue;
    // It goes with the stream: on the next one it is known what has arrived.
    if (!parts_.send(stanza_of(each), StanzaKind::iq)) return;
    each.submitted = true;
  }
}

Stanza RoomSession::stanza_of(const Outgoing& outgoing) const {
  if (const auto* amendment = std::get_if<model::Amendment>(&outgoing.what))
    return make_amendment(room_, *amendment, Audience::room);
  const auto& message = std::get<ports::OutgoingMessage>(outgoing.what);
  if (message.reply.empty()) {
    Stanza chat = make_chat(room_, message.id.str(), message.text, Audience::room);
    if (!message.attachment.empty()) write_attachment(message.attachment, chat);
    return chat;
  }
  const Jid author = message.reply.to_own ? own_occupant() : Jid();
  return make_reply(room_, author, message.id.str(), message.text, message.reply, Audience::room);
}

// True: it was one of those that are to be said.
bool RoomSession::has_arrived(const std::string& id) {
  const auto found = std::find_if(outbox_.begin(), outbox_.end(),
                                  [&](const Outgoing& each) { return each.id().str() == id; });
  if (found == outbox_.end()) return false;
  outbox_.erase(found);
  if (arrived_.insert(id).second) arrived_order_.push_back(id);
  while (arrived_order_.size() > most_arrived) {
    arrived_.erase(arrived_order_.front());
    arrived_order_.pop_front();
  }
  return true;
}

// Section 7.5, 7.9: of a message of ours, by the room.
bool RoomSession::take_error(const Element& message) {
  const std::string id(message.id());
  const StanzaError error = read_stanza_error(message);
  if (naming_ && naming_->what == id) {
    finish(naming_, base::fail(to_error(error)));
    return true;
  }
  const auto found = std::find_if(outbox_.begin(), outbox_.end(),
                                  [&](const Outgoing& each) { return each.id().str() == id; });
  if (found == outbox_.end()) return false;
  // It does not know that this end is in it: then nothing is lost by going in once more.
  if (error.condition == Condition::not_acceptable && phase_ == Phase::in && !found->repeated) {
    found->repeated = true;
    told_why_ = {base::Code::unavailable,
                 "ROOM_LOST",
                 "the room did not know any more that this person is in it; he goes in again",
                 {}};
    begin();
    return true;
  }
  const base::Error why = to_error(error);
  const model::MessageId failed = found->id();
  outbox_.erase(found);
  parts_.report({parts_.id, failed, {}, model::MessageState::failed, why.reason, why.message});
  return true;
}

// ---- in ------------------------------------------------------------------------------

bool RoomSession::take_message(const Element& message, uint64_t ticket) {
  if (phase_ != Phase::entering && phase_ != Phase::in) return false;
  heard();
  auto said = read_room_message(message, room_, parts_.clock.wall_now());
  if (!said) return false;
  // What a room does not vouch for anybody can write into his message.
  if (!info_.has_stanza_ids) said->stanza_id.clear();
  if (history_told_ || history_.settled()) said->time = {};
  said->address = Jid();  // archives write it themselves (XEP-0313 section 6.1.2)
  if (said->from.is_bare() && !said->codes.empty()) take_codes(said->codes);
  if (said->subject) {
    take_subject(*said);
    return false;
  }
  return take_said(std::move(*said), ticket, false);
}

bool RoomSession::take_result(const Element& message, uint64_t ticket) {
  const auto result = history_.take(message, parts_.clock.wall_now());
  if (!result) return false;
  auto said =
      read_room_message(result->message, room_, parts_.clock.wall_now(), result->archive_id);
  if (!said || said->subject) return false;
  if (result->time != base::WallTime{}) said->time = result->time;
  return take_said(std::move(*said), ticket, true);
}

void RoomSession::take_subject(const RoomMessage& message) {
  history_told_ = true;  // the subject comes behind it (section 7.2.2)
  subject_ = *message.subject;
  subject_by_ = message.from.resource();
  // A room without an archive has told by now what was said before.
  if (!info_.has_archive) settle();
  if (phase_ != Phase::in) return;
  tell();
  if (naming_ && (naming_->what == message.id || subject_by_ == nick_)) finish(naming_, {});
}

bool RoomSession::take_said(RoomMessage message, uint64_t ticket, bool archived) {
  if (message.text.empty() && !message.amends) return false;
  const base::WallTime time =
      message.time == base::WallTime{} ? parts_.clock.wall_now() : message.time;
  history_.opened(ticket, archived, message.stanza_id, time);
  const std::string id = message.id;
  ports::IncomingMessage incoming = incoming_of(std::move(message), ticket);
  if (incoming.outgoing || incoming.perhaps_own) has_arrived(id);
  parts_.received(std::move(incoming));
  return true;
}

// Who the room says it is, and nobody else can say.
std::string RoomSession::occupant_of(const RoomMessage& message) const {
  if (info_.has_occupant_ids && !message.occupant_id.empty()) return message.occupant_id;
  // What is told later may have been said by another of that nick: nobody can change it.
  const bool live = message.time == base::WallTime{};
  const auto seat = live ? seats_.find(std::string(message.from.resource())) : seats_.end();
  return seat == seats_.end() ? "past " + make_id() : seat->second.id;
}

ports::IncomingMessage RoomSession::incoming_of(RoomMessage message, uint64_t ticket) const {
  ports::IncomingMessage incoming;
  incoming.account = parts_.id;
  incoming.room = true;
  incoming.peer = uri();
  incoming.sender = "xmpp:" + message.from.str();
  incoming.remote_id = message.id;
  incoming.room_id = message.stanza_id;
  incoming.ticket = ticket;
  incoming.time = message.time;
  incoming.occupant = occupant_of(message);
  incoming.lasting = info_.has_occupant_ids && !message.occupant_id.empty();
  if (const std::string fingerprint = room_fingerprint(message, room_); !fingerprint.empty())
    incoming.fingerprint = parts_.id.str() + " " + fingerprint;
  const bool live = message.time == base::WallTime{};
  const bool my_nick = message.from.resource() == nick_;
  const bool says_who = info_.has_occupant_ids && !message.occupant_id.empty();
  const bool my_id = says_who && message.occupant_id == own_id_;
  const bool my_address = !message.address.empty() && message.address == parts_.account;
  incoming.outgoing = (live && my_nick) || my_id || (my_nick && my_address);
  incoming.perhaps_own = !incoming.outgoing && !says_who && my_nick;
  incoming.text = std::move(message.text);
  incoming.attachment = std::move(message.attachment);
  incoming.reply = std::move(message.reply);
  incoming.reply.to_own = !message.reply_to.empty() && message.reply_to == nick_;
  incoming.mentioned = !incoming.outgoing && mentions(incoming.text, nick_);
  if (message.amends) {
    incoming.amends = message.amends->kind;
    incoming.target = std::move(message.amends->target);
    incoming.emojis = std::move(message.amends->emojis);
  }
  return incoming;
}

// ---- what was said before ------------------------------------------------------------

bool RoomSession::take_iq(const Element& iq) {
  if (!history_.take_iq(iq)) return false;
  settle_timer_.reset();
  stored(0);
  return true;
}

void RoomSession::stored(uint64_t ticket) {
  history_.stored(ticket);
  if (const auto question = history_.go_on()) {
    parts_.send(*question, StanzaKind::iq);
    settle_timer_ = parts_.timers.after(join_patience, [this] {
      settle();
      parts_.flush();
    });
  }
  submit_waiting();
  if (history_.place() == told_place_ || place_timer_) return;
  place_timer_ = parts_.timers.after(between_places, [this] {
    place_timer_.reset();
    keep_place();
  });
}

void RoomSession::settle() {
  settle_timer_.reset();
  history_.settle();
  submit_waiting();
}

void RoomSession::keep_place() {
  if (history_.place() == told_place_) return;
  told_place_ = history_.place();
  parts_.place(room_, told_place_);
}

}  // namespace commd::xmpp
