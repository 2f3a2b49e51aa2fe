// Going into a room, and staying in it.
#include <algorithm>
#include <utility>

#include "daemon/xmpp/namespaces.h"
#include "daemon/xmpp/room_session.h"

namespace commd::xmpp {
namespace {

using base::Code;
using model::RoomState;

// A room without an archive has told all it wants to by then.
constexpr std::chrono::seconds settle_patience{10};

// What keeps somebody out for whom nothing went wrong.
bool is_absence(const base::Error& why) {
  return why.reason == "ACCOUNT_NOT_ONLINE" || why.reason == "PRESENCE_UNAVAILABLE";
}

base::Error silent() {
  return {Code::deadline_exceeded, "SERVER_SILENT", "the room does not answer", {}};
}

// To go in without knowing what the room is like would be to hear all of it once more.
bool is_passing(const base::Error& error) {
  return error.reason == "SERVER_SILENT" || error.reason == "CONNECTION_LOST" ||
         error.reason == "OUTBOX_FULL" || error.reason == "XMPP_RESOURCE_CONSTRAINT" ||
         error.reason == "XMPP_INTERNAL_SERVER_ERROR";
}

bool is_unreachable(const base::Error& error) {
  return error.reason == "XMPP_REMOTE_SERVER_NOT_FOUND" ||
         error.reason == "XMPP_REMOTE_SERVER_TIMEOUT";
}

base::Error not_found(const std::string& room) {
  return {Code::not_found,
          "ROOM_NOT_FOUND",
          "there is no room at that address; commctl room create makes one",
          {{"room", room}}};
}

}  // namespace

// ---- going in ------------------------------------------------------------------------

void RoomSession::begin() {
  reset_stay();
  phase_ = Phase::asking;
  nick_.clear();
  for (Outgoing& each : outbox_) each.submitted = false;
  tell(RoomState::joining, is_absence(told_why_) ? base::Error{} : told_why_);
  ask(make_info_request(room_), [this](const base::Result<Element>& answer) { asked(answer); });
}

void RoomSession::ask(const Stanza& iq, std::function<void(const base::Result<Element>&)> then) {
  parts_.requests.ask(iq, [this, attempt = attempt_, alive = std::weak_ptr<bool>(alive_),
                           then = std::move(then)](const base::Result<Element>& answer) {
    if (!alive.expired() && attempt == attempt_) then(answer);
  });
}

void RoomSession::asked(const base::Result<Element>& answer) {
  if (phase_ != Phase::asking) return;
  if (answer) {
    info_ = read_room_info(*answer);
    if (creation_)
      return fail({Code::already_exists,
                   "ROOM_EXISTS",
                   "there is a room at that address; commctl room join goes in",
                   {{"room", uri()}}});
    if (!info_.is_room) return fail(not_found(uri()));
    return enter();
  }
  const base::Error& error = answer.error();
  if (is_passing(error)) return attempt_failed(error, true);
  if (is_unreachable(error)) return attempt_failed(error, answers_.empty());
  if (error.reason == "XMPP_ITEM_NOT_FOUND" && wish_.must_exist) return fail(not_found(uri()));
  enter();  // it is not there yet, or does not say what it is like
}

void RoomSession::enter() {
  const auto occupant = room_.with_resource(wish_.nick);
  if (!occupant)
    return fail({Code::invalid_argument,
                 "NICK_INVALID",
                 "that nick cannot stand in an address; choose another",
                 {{"room", uri()}}});
  phase_ = Phase::entering;
  nick_ = occupant->resource();
  parts_.send(make_room_join(*occupant, parts_.presence(), wish_.password,
                             history_.wish(info_.has_archive)),
              StanzaKind::presence);
  join_timer_ = parts_.timers.after(join_patience, [this] {
    attempt_failed(silent(), true);
    parts_.flush();
  });
  parts_.flush();
}

// The room's own word that this end is in it comes last (section 7.1.2).
void RoomSession::entered(const RoomPresence& presence) {
  join_timer_.reset();
  phase_ = Phase::in;
  heard();
  const bool is_new = presence.says(MucStatus::created);
  if (creation_ && !is_new) {
    parts_.send(make_room_leave(own_occupant(), {}), StanzaKind::presence);
    return fail({Code::already_exists,
                 "ROOM_EXISTS",
                 "there is a room at that address; commctl room join goes in",
                 {{"room", uri()}}});
  }
  if (is_new) return made();
  settled_in();
}

// Section 10.1: nobody else can come in before its owner has said how it is to be.
void RoomSession::made() {
  if (creation_ && !creation_->fields.empty())
    return ask(make_configuration_request(room_),
               [this](const base::Result<Element>& form) { configure(form); });
  ask(make_default_configuration(room_),
      [this](const base::Result<Element>& answer) { opened(answer); });
}

void RoomSession::configure(const base::Result<Element>& form) {
  if (!form) return opened(form);
  const auto submission = make_configuration(room_, *form, *creation_);
  if (!submission) {
    parts_.send(make_destruction(room_, {}, {}), StanzaKind::iq);
    return fail(submission.error());
  }
  ask(*submission, [this](const base::Result<Element>& answer) { opened(answer); });
}

void RoomSession::opened(const base::Result<Element>& answer) {
  const bool asked_for = creation_.has_value();
  if (!answer && asked_for) {
    parts_.send(make_destruction(room_, {}, {}), StanzaKind::iq);
    return fail(answer.error());
  }
  ask_traits();
  settled_in();
  // Nobody has said anything here before.
  settle();
}

void RoomSession::settled_in() {
  creation_.reset();
  wish_.must_exist = false;
  agreed_nick_ = nick_;
  failures_ = 0;
  backoff_.reset();
  told_why_ = {};
  tell(RoomState::joined);
  // It may tell those who are in it more than others.
  if (!info_.is_room) ask_traits();
  if (const auto question = history_.begin(info_.has_archive, parts_.clock.wall_now()))
    parts_.send(*question, StanzaKind::iq);
  const std::chrono::seconds patience =
      info_.has_archive ? std::chrono::seconds(join_patience) : settle_patience;
  settle_timer_ = parts_.timers.after(patience, [this] {
    settle();
    parts_.flush();
  });
  arm_quiet();
  answer({});
}

// One at a time, however often the room says that it is another.
void RoomSession::ask_traits() {
  if (std::exchange(asking_traits_, true)) return;
  ask(make_info_request(room_), [this](const base::Result<Element>& answer) {
    asking_traits_ = false;
    if (!answer) return;
    info_ = read_room_info(*answer);
    tell();
  });
}

// ---- is it in? -------------------------------------------------------------------------

// One timer however much comes: it looks when the last word came, and waits for the rest.
void RoomSession::arm_quiet() {
  const base::Duration left = heard_ + quiet - parts_.clock.mono_now();
  quiet_timer_ = parts_.timers.after(std::max(left, base::Duration{}), [this] {
    if (phase_ != Phase::in) return;
    if (parts_.clock.mono_now() - heard_ < quiet) return arm_quiet();
    self_ping();
    parts_.flush();
  });
}

void RoomSession::self_ping() {
  heard();
  arm_quiet();
  const Stanza iq = make_iq("get", own_occupant().str(), make_id());
  iq.add("ping", ns::kPing);
  ask(iq, [this](const base::Result<Element>& answer) { pinged(answer); });
}

// XEP-0410 section 3.
void RoomSession::pinged(const base::Result<Element>& answer) {
  if (phase_ != Phase::in || !online_ || answer) return;
  const std::string& reason = answer.error().reason;
  // Another device of this person answers, or nobody does that knows pings: in it is.
  if (reason == "XMPP_SERVICE_UNAVAILABLE" || reason == "XMPP_FEATURE_NOT_IMPLEMENTED" ||
      reason == "XMPP_ITEM_NOT_FOUND" || reason == "OUTBOX_FULL" || reason == "CONNECTION_LOST" ||
      reason == "SERVER_SILENT" || is_unreachable(answer.error()))
    return;
  told_why_ = {Code::unavailable,
               "ROOM_LOST",
               "the room did not know any more that this person is in it; he goes in again",
               {}};
  begin();
  parts_.flush();
}

}  // namespace commd::xmpp
