// What is said of messages afterwards: by this person, by others, by other devices of his.
#include <algorithm>
#include <utility>

#include "daemon/base/random.h"
#include "daemon/core/message_address.h"
#include "daemon/core/message_book.h"
#include "daemon/core/message_reply.h"

namespace commd::core {
namespace {

using base::Code;
using base::fail;
using model::AmendmentKind;
using model::MessageDirection;
using model::MessageState;

// Of one conversation at once.
constexpr unsigned most_marked = 1000;

base::Result<void> check_text(const std::string& text) {
  if (text.empty())
    return fail(base::invalid_argument(
        "text", "an empty message says nothing; \"commctl message retract\" takes one back"));
  if (text.size() > model::max_message_bytes)
    return fail(base::invalid_argument(
        "text", "a message has at most " + std::to_string(model::max_message_bytes) + " bytes"));
  return {};
}

base::Result<void> check_emojis(const std::vector<std::string>& emojis) {
  if (emojis.size() > model::max_emojis)
    return fail(base::invalid_argument(
        "emojis", "at most " + std::to_string(model::max_emojis) + " reactions a message"));
  for (const std::string& each : emojis)
    if (!model::is_emoji(each))
      return fail(base::invalid_argument(
          "emojis",
          "a reaction is one character or short word of at most 64 bytes, without blanks"));
  return {};
}

// In a room a nick may be another's by now: who wrote it is known by more than that. Of what is
// said to this person alone there, as far as the room tells.
bool may_say(const ports::IncomingMessage& in, const model::Message& message) {
  if (in.outgoing || in.amends == AmendmentKind::react) return true;
  if (!in.room && message.occupant.empty()) return true;
  return !in.occupant.empty() && in.occupant == message.occupant;
}

bool before(const model::Message& a, const model::Message& b) {
  return std::pair(a.time, a.id) < std::pair(b.time, b.id);
}

}  // namespace

// ---- messages as the wire names them -------------------------------------------------

model::Message* MessageBook::recent(const Wire& wire) {
  const auto named = recent_by_wire_.find(wire_key(wire.account, wire.peer, wire.id));
  const auto found =
      recent_.find(named == recent_by_wire_.end() ? model::MessageId(wire.id) : named->second);
  if (found == recent_.end()) return nullptr;
  model::Message& message = found->second;
  const bool it = message.account == wire.account && message.peer == wire.peer &&
                  is_named(message, wire.id) &&
                  wire.direction.value_or(message.direction) == message.direction;
  return it ? &message : nullptr;
}

void MessageBook::with_wire(const Wire& wire, Change change, Absent absent, Failed failed) {
  if (model::Message* message = recent(wire)) return change(*message);
  std::string key = wire_key(wire.account, wire.peer, wire.id);
  if (wire.direction) key += *wire.direction == MessageDirection::incoming ? " in" : " out";
  auto& waiting = wanted_by_wire_[key];
  waiting.push_back({std::move(change), std::move(absent), std::move(failed)});
  if (waiting.size() > 1) return;
  ports::MessageQuery query;
  query.account = wire.account;
  query.peer = wire.peer;
  query.wire_id = wire.id;
  query.limit = 10;
  store_.query_messages(query, [this, wire, key](base::Result<std::vector<model::Message>> rows) {
    const std::vector<Wanted> wanted = std::move(wanted_by_wire_[key]);
    wanted_by_wire_.erase(key);
    if (rows)
      for (const model::Message& row : *rows)
        if (wire.direction.value_or(row.direction) == row.direction && !recent_.contains(row.id))
          keep(row);
    for (const Wanted& each : wanted) {
      if (model::Message* message = recent(wire))
        each.change(*message);
      else
        each.without(rows);
    }
  });
}

// ---- by this person, from here -------------------------------------------------------

base::Result<void> MessageBook::may_amend(const model::Message& message, AmendmentKind kind) const {
  const ports::Messaging* way = messaging_of(message.account);
  if (!way || !way->can_amend())
    return fail(Code::unimplemented, "MESSAGES_NOT_SUPPORTED",
                "the protocol of " + message.account.str() +
                    " cannot change what was sent; write another message");
  if (message.retracted)
    return fail(Code::failed_precondition, "MESSAGE_RETRACTED", "that message was taken back");
  if (wire_id_of(message).empty())
    return fail(Code::failed_precondition, "MESSAGE_UNNAMED",
                "that message came without a name of its own: nothing can be said of it");
  if (kind == AmendmentKind::react) return {};
  if (message.direction != MessageDirection::outgoing)
    return fail(Code::failed_precondition, "NOT_OWN_MESSAGE",
                "only who wrote a message can change it or take it back");
  if (message.state == MessageState::failed ||
      (message.state == MessageState::queued && kind == AmendmentKind::retract))
    return fail(Code::failed_precondition, "MESSAGE_NOT_SENT",
                "that message has not gone out; wait until it is sent, or send another one");
  return {};
}

model::Amendment MessageBook::amendment_of(const model::Message& message,
                                           AmendmentKind kind) const {
  model::Amendment amendment;
  amendment.id = model::MessageId(base::random_token(16));
  amendment.account = message.account;
  amendment.peer = message.peer;
  amendment.kind = kind;
  amendment.target = kind == AmendmentKind::correct ? own_wire_id_of(message) : wire_id_of(message);
  amendment.time = clock_.wall_now();
  amendment.fingerprint = model::own_fingerprint(amendment.id);
  return amendment;
}

void MessageBook::amend_from_here(model::Message& message, model::Amendment amendment, Done done) {
  const model::Message old = message;
  if (!model::amend(message, amendment, {})) return done(message);
  // What waits still goes out as it should have been.
  if (model::Message* waits = queued_.find(message.id)) waits->text = message.text;
  remember_fingerprint(amendment.fingerprint);
  log_.emit(model::MessageChanged{message},
            {ports::PutMessage{message}, ports::PutAmendment{amendment}},
            [this, old, changed = message, amendment, done](const base::Result<void>& stored) {
              if (!stored) {
                undo(changed, old);
                return done(fail(stored.error()));
              }
              queued_amendments_.add(amendment);
              done(changed);
              hand_over(amendment, false);
            });
}

// It is not on disk. Unless it has changed again.
void MessageBook::undo(const model::Message& changed, const model::Message& old) {
  if (const auto now = recent_.find(old.id); now != recent_.end() && now->second == changed)
    now->second = old;
}

void MessageBook::change_own(const std::string& id, AmendmentKind kind, const std::string& text,
                             Done done) {
  resolve(id, [this, kind, text, done](base::Result<model::Message*> found) {
    if (!found) return done(fail(found.error()));
    if (const auto may = may_amend(**found, kind); !may) return done(fail(may.error()));
    model::Amendment amendment = amendment_of(**found, kind);
    amendment.text = text;
    amend_from_here(**found, std::move(amendment), done);
  });
}

void MessageBook::correct(const std::string& id, const std::string& text, Done done) {
  COMMD_ASSERT_THREAD(thread_);
  if (const auto ok = check_text(text); !ok) return done(fail(ok.error()));
  change_own(id, AmendmentKind::correct, text, std::move(done));
}

void MessageBook::retract(const std::string& id, Done done) {
  COMMD_ASSERT_THREAD(thread_);
  change_own(id, AmendmentKind::retract, {}, std::move(done));
}

void MessageBook::react(const std::string& id, std::vector<std::string> emojis, Done done) {
  COMMD_ASSERT_THREAD(thread_);
  if (const auto ok = check_emojis(emojis); !ok) return done(fail(ok.error()));
  resolve(id, [this, emojis = std::move(emojis), done](base::Result<model::Message*> found) {
    if (!found) return done(fail(found.error()));
    const auto may = may_amend(**found, AmendmentKind::react);
    if (!may) return done(fail(may.error()));
    model::Amendment amendment = amendment_of(**found, AmendmentKind::react);
    amendment.emojis = emojis;
    amend_from_here(**found, std::move(amendment), done);
  });
}

bool MessageBook::amendment_sent(const ports::MessageReport& report) {
  const model::Amendment* waits = queued_amendments_.find(report.id);
  if (waits == nullptr || waits->account != report.account) return false;
  if (!report.by.empty() && report.by != waits->peer) return false;
  model::Amendment amendment = *waits;
  queued_amendments_.erase(report.id);
  if (report.state == MessageState::failed)
    logger_->info("event: amendment_failed, amendment: {}, account: {}, reason: {}",
                  amendment.id.str(), amendment.account.str(), report.fail_reason);
  amendment.queued = false;
  amendment.text.clear();  // the message has it
  store_.commit({ports::PutAmendment{std::move(amendment)}},
                [this](const base::Result<void>& done) {
                  if (!done)
                    logger_->error("event: store_write_failed, message: {}", done.error().message);
                });
  return true;
}

// ---- by others -----------------------------------------------------------------------

void MessageBook::take_amendment(ports::IncomingMessage in, ports::Messaging& from) {
  const bool perhaps_own = in.outgoing || in.perhaps_own;
  if (perhaps_own && seen_.contains(model::own_fingerprint(model::MessageId(in.remote_id)))) {
    // Sent from here: the archive has it, so the server has.
    amendment_sent({in.account, model::MessageId(in.remote_id), {}, MessageState::sent, {}, {}});
    return settle(in, from, {});
  }
  const auto own = in.outgoing ? MessageDirection::outgoing : MessageDirection::incoming;
  Wire wire{in.account, in.peer, in.target};
  // Reactions are to messages of both; nobody changes what another has written; this person
  // has read what came.
  if (in.amends == AmendmentKind::correct || in.amends == AmendmentKind::retract)
    wire.direction = own;
  if (in.amends == AmendmentKind::displayed) wire.direction = MessageDirection::incoming;
  with_wire(
      wire,
      [this, in, &from](model::Message& message) {
        if (in.amends == AmendmentKind::displayed)
          return up_to(message, [this, in, &from](std::vector<model::Message> unread) {
            mark(std::move(unread), {},
                 [this, in, &from](const auto& stored) { settle(in, from, stored); });
          });
        if (!may_say(in, message)) return take_unfounded(in, from);
        amend_by(in, message, from);
      },
      [this, in, &from] {
        take_unfounded(in, from);
        // The archive may bring what it is about, and then this once more.
        if (in.amends != AmendmentKind::correct) seen_.erase(in.fingerprint);
      },
      unread(in, from));
}

// A correction is a message all the same.
void MessageBook::take_unfounded(ports::IncomingMessage in, ports::Messaging& from) {
  if (in.amends != AmendmentKind::correct) return settle(in, from, {});
  in.amends.reset();
  take_message(std::move(in), from);
}

void MessageBook::amend_by(const ports::IncomingMessage& in, model::Message& message,
                           ports::Messaging& from) {
  model::Amendment amendment;
  amendment.id = model::MessageId(base::random_token(16));
  amendment.account = in.account;
  amendment.peer = in.peer;
  amendment.direction = in.outgoing ? MessageDirection::outgoing : MessageDirection::incoming;
  amendment.kind = *in.amends;
  amendment.target = in.target;
  amendment.text = in.text;
  amendment.emojis = in.emojis;
  amendment.queued = false;
  amendment.time = in.time;
  amendment.fingerprint = in.fingerprint;
  const std::string by = in.outgoing ? std::string() : in.room ? in.sender : in.peer;
  const model::Message old = message;
  const std::string occupant = in.lasting && !in.outgoing ? in.occupant : std::string();
  if (!model::amend(message, amendment, by, occupant)) return settle(in, from, {});
  amendment.text.clear();  // the message has it
  log_.emit(model::MessageChanged{message},
            {ports::PutMessage{message}, ports::PutAmendment{std::move(amendment)}},
            [this, in, &from, old, changed = message](const auto& stored) {
              if (!stored) undo(changed, old);
              settle(in, from, stored);
            });
}

void MessageBook::typing(const ports::TypingNews& news) {
  COMMD_ASSERT_THREAD(thread_);
  log_.tell(model::TypingChanged{news.account, news.peer, news.state});
}

base::Result<void> MessageBook::set_typing(const std::string& address, const std::string& account,
                                           model::Typing state) {
  COMMD_ASSERT_THREAD(thread_);
  const auto way = way_of(address, account);
  if (!way) return fail(way.error());
  if (ports::Messaging* to = messaging_of(way->account))
    to->set_typing({way->account, way->peer, state});
  return {};
}

// ---- reading -------------------------------------------------------------------------

// The disk has what it has; what is changed of late, or on its way there, is known here.
void MessageBook::up_to(const model::Message& message,
                        std::function<void(std::vector<model::Message>)> then) {
  ports::MessageQuery query;
  query.account = message.account;
  query.peer = message.peer;
  query.unread = true;
  query.limit = most_marked;
  store_.query_messages(
      query, [this, last = message, then](base::Result<std::vector<model::Message>> rows) {
        std::map<model::MessageId, model::Message> unread;
        if (rows)
          for (model::Message& row : *rows)
            if (!recent_.contains(row.id)) unread[row.id] = std::move(row);
        for (const auto& [id, each] : recent_)
          if (each.account == last.account && each.peer == last.peer &&
              each.state == MessageState::received)
            unread[id] = each;
        std::vector<model::Message> found;
        for (auto& [id, each] : unread)
          if (!before(last, each)) found.push_back(std::move(each));
        std::sort(found.begin(), found.end(), before);
        then(std::move(found));
      });
}

void MessageBook::mark(std::vector<model::Message> messages, std::vector<ports::Change> more,
                       std::function<void(base::Result<void>)> done) {
  if (messages.empty()) return done({});
  const auto mentions = std::count_if(messages.begin(), messages.end(),
                                      [](const model::Message& each) { return each.mentioned; });
  rooms_.read(messages.front().account, messages.front().peer, messages.size(),
              static_cast<size_t>(mentions));
  for (model::Message& message : messages) {
    const model::Message old = message;
    message.state = MessageState::read;
    message.state_time = clock_.wall_now();
    keep(message);
    const bool last = &message == &messages.back();
    std::vector<ports::Change> changes{ports::PutMessage{message}};
    if (last) std::move(more.begin(), more.end(), std::back_inserter(changes));
    log_.emit(model::MessageChanged{message}, std::move(changes),
              [this, old, changed = message,
               done = last ? done : nullptr](const base::Result<void>& stored) {
                if (!stored) undo(changed, old);
                if (done) done(stored);
              });
  }
}

void MessageBook::mark_read(const std::string& id, std::function<void(base::Result<size_t>)> done) {
  COMMD_ASSERT_THREAD(thread_);
  resolve(id, [this, done](base::Result<model::Message*> found) {
    if (!found) return done(fail(found.error()));
    if ((*found)->direction != MessageDirection::incoming)
      return done(fail(base::invalid_argument(
          "id", "that message was written by this person; name one that came")));
    up_to(**found, [this, done](std::vector<model::Message> unread) {
      mark_and_tell(std::move(unread), done);
    });
  });
}

void MessageBook::mark_and_tell(std::vector<model::Message> unread,
                                const std::function<void(base::Result<size_t>)>& done) {
  const size_t count = unread.size();
  const auto asks = std::find_if(unread.rbegin(), unread.rend(), [](const model::Message& each) {
    return each.markable && !each.remote_id.empty();
  });
  std::optional<model::Amendment> marker;
  if (asks != unread.rend() && may_amend(*asks, AmendmentKind::react))
    marker = amendment_of(*asks, AmendmentKind::displayed);
  std::vector<ports::Change> more;
  if (marker) {
    more.emplace_back(ports::PutAmendment{*marker});
    remember_fingerprint(marker->fingerprint);
  }
  mark(std::move(unread), std::move(more),
       [this, done, count, marker](const base::Result<void>& stored) {
         if (!stored) return done(fail(stored.error()));
         if (marker) queued_amendments_.add(*marker);
         done(count);
         if (marker) hand_over(*marker, false);
       });
}

}  // namespace commd::core
