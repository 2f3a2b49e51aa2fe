#include "daemon/core/message_book.h"

#include <algorithm>
#include <utility>

#include "daemon/base/random.h"
#include "daemon/core/message_reply.h"

namespace commd::core {
namespace {

using base::Code;
using base::fail;
using model::MessageDirection;
using model::MessageState;

constexpr size_t most_recent = 2000;
constexpr size_t most_seen = 8000;

}  // namespace

MessageBook::MessageBook(EventLog& log, AccountBook& accounts, RoomBook& rooms, ports::Store& store,
                         const ports::Clock& clock, MessagingByProtocol messaging,
                         base::Logger logger)
    : log_(log),
      accounts_(accounts),
      rooms_(rooms),
      store_(store),
      clock_(clock),
      messaging_(std::move(messaging)),
      logger_(std::move(logger)) {
  thread_.bind();
}

void MessageBook::restore(const ports::StoredState& state) {
  COMMD_ASSERT_THREAD(thread_);
  for (const model::Message& message : state.queued_messages) {
    queued_.add(message);
    keep(message);
  }
  for (const model::Amendment& amendment : state.queued_amendments)
    queued_amendments_.add(amendment);
  for (const std::string& fingerprint : state.fingerprints) remember_fingerprint(fingerprint);
}

ports::Messaging* MessageBook::messaging_of(const model::AccountId& account) const {
  const model::Account* found = accounts_.get(account);
  if (!found) return nullptr;
  const auto speaks = messaging_.find(found->protocol);
  return speaks == messaging_.end() ? nullptr : speaks->second;
}

// ---- sending -----------------------------------------------------------------------

base::Result<MessageWay> MessageBook::way_of(const std::string& typed,
                                             const std::string& account) const {
  const auto address = names_(typed);
  if (!address) return fail(address.error());
  auto way = message_way(accounts_, *address, account);
  if (!way) return way;
  if (const auto may = rooms_.may_talk(way->account, way->peer); !may) return fail(may.error());
  if (auto occupant = rooms_.occupant_address(*address)) way->peer = std::move(*occupant);
  return way;
}

base::Result<model::Message> MessageBook::message_of(const Draft& draft) const {
  if (draft.text.empty())
    return fail(base::invalid_argument("text", "an empty message says nothing"));
  if (draft.text.size() > model::max_message_bytes)
    return fail(base::invalid_argument("text", "a message has at most " +
                                                   std::to_string(model::max_message_bytes) +
                                                   " bytes; send it in parts, or as a file"));
  auto way = way_of(draft.address, draft.account);
  if (!way) return fail(way.error());
  if (!messaging_of(way->account))
    return fail(Code::unimplemented, "MESSAGES_NOT_SUPPORTED",
                "no room of this daemon carries messages of that protocol");
  model::Message message;
  message.id = model::MessageId(base::random_token(16));
  message.account = way->account;
  message.peer = way->peer;
  message.text = draft.text;
  message.time = message.state_time = clock_.wall_now();
  message.request_id = draft.request_id;
  auto local = local_address(*accounts_.get(way->account), draft.local);
  if (!local) return fail(local.error());
  message.local = std::move(*local);
  message.attachment = draft.attachment;
  return message;
}

void MessageBook::send(Draft draft, Done done) {
  COMMD_ASSERT_THREAD(thread_);
  if (const auto before = sent_by_request_.find(draft.request_id);
      !draft.request_id.empty() && before != sent_by_request_.end())
    return get(before->second.str(), std::move(done));
  auto made = message_of(draft);
  if (!made) return done(fail(made.error()));
  if (draft.reply_to.empty()) return begin_sending(std::move(*made), std::move(done));
  resolve(draft.reply_to, [this, made = *made, done](base::Result<model::Message*> to) mutable {
    if (!to) return done(fail(to.error()));
    auto reply = reply_to(**to, made);
    if (!reply) return done(fail(reply.error()));
    made.reply = std::move(*reply);
    begin_sending(std::move(made), done);
  });
}

void MessageBook::begin_sending(model::Message made, Done done) {
  if (!made.request_id.empty()) {
    if (sent_by_request_.size() >= 1024) sent_by_request_.clear();
    sent_by_request_[made.request_id] = made.id;
  }
  keep(made);
  publish(made, [this, made, done = std::move(done)](base::Result<void> stored) {
    if (!stored) {
      // It may still be written later, never sent: the client was told that it is not.
      forget(made.id);
      return done(fail(stored.error()));
    }
    queued_.add(made);
    done(made);
    hand_over(made, false);
  });
}

void MessageBook::hand_over(const model::Message& message, bool again) {
  if (rooms_.awaits(message.account, message.peer)) return;
  const model::Account* account = accounts_.get(message.account);
  ports::Messaging* to = messaging_of(message.account);
  if (account && account->enabled && to)
    to->send({message.account, message.id, message.peer, message.text, message.reply, again,
              message.local, message.attachment});
}

void MessageBook::hand_over(const model::Amendment& amendment, bool again) {
  if (rooms_.awaits(amendment.account, amendment.peer)) return;
  const model::Account* account = accounts_.get(amendment.account);
  ports::Messaging* to = messaging_of(amendment.account);
  if (account && account->enabled && to) to->amend(amendment, again);
}

void MessageBook::account_up(const model::AccountId& account) {
  COMMD_ASSERT_THREAD(thread_);
  const auto its = [&](const auto& entry) { return entry.account == account; };
  for (const model::Message& message : queued_.those(its)) hand_over(message, true);
  for (const model::Amendment& amendment : queued_amendments_.those(its))
    hand_over(amendment, true);
}

void MessageBook::account_removed(const model::AccountId& account) {
  COMMD_ASSERT_THREAD(thread_);
  const auto its = [&](const auto& entry) { return entry.account == account; };
  for (const model::Message& message : queued_.those(its))
    report({account,
            message.id,
            {},
            MessageState::failed,
            "ACCOUNT_REMOVED",
            "its account was removed before it could be sent"});
  for (const model::Amendment& amendment : queued_amendments_.those(its))
    amendment_sent({account, amendment.id, {}, MessageState::failed, "ACCOUNT_REMOVED", {}});
}

// ---- what becomes of it --------------------------------------------------------------

void MessageBook::report(const ports::MessageReport& report) {
  COMMD_ASSERT_THREAD(thread_);
  if (amendment_sent(report)) return;
  const Change change = [this, report](model::Message& message) { apply(report, message); };
  with(report.id, change, [this, report, change] {
    // One that another device of this person sent.
    if (!report.by.empty())
      with_wire({report.account, report.by, report.id.str(), MessageDirection::outgoing}, change,
                {});
  });
}

void MessageBook::apply(const ports::MessageReport& report, model::Message& message) {
  // Anybody can claim to have read what he was never sent.
  const bool entitled = message.direction == MessageDirection::outgoing &&
                        message.account == report.account &&
                        (report.by.empty() || report.by == message.peer);
  if (!entitled || !model::may_become(message.state, report.state)) return;
  message.state = report.state;
  message.state_time = clock_.wall_now();
  message.fail_reason = report.fail_reason;
  message.fail_message = report.fail_message;
  if (report.state == MessageState::failed)
    logger_->info("event: message_failed, message: {}, account: {}, reason: {}", message.id.str(),
                  message.account.str(), message.fail_reason);
  queued_.erase(message.id);
  keep(message);
  publish(message);
}

void MessageBook::with(const model::MessageId& id, Change change, Absent absent, Failed failed) {
  // What waits may have waited long.
  if (const model::Message* waits = queued_.find(id); waits != nullptr && !recent_.contains(id))
    keep(*waits);
  if (const auto found = recent_.find(id); found != recent_.end()) return change(found->second);
  auto& waiting = wanted_[id];
  waiting.push_back({std::move(change), std::move(absent), std::move(failed)});
  if (waiting.size() > 1) return;
  ports::MessageQuery query;
  query.id = id;
  query.limit = 1;
  store_.query_messages(query, [this, id](base::Result<std::vector<model::Message>> rows) {
    const std::vector<Wanted> wanted = std::move(wanted_[id]);
    wanted_.erase(id);
    // What was changed meanwhile is newer than the disk.
    if (rows && !rows->empty() && !recent_.contains(id)) keep(rows->front());
    for (const Wanted& each : wanted) {
      if (const auto found = recent_.find(id); found != recent_.end())
        each.change(found->second);
      else
        each.without(rows);
    }
  });
}

// Not being able to look is not the same as that it is not there.
void MessageBook::Wanted::without(const base::Result<std::vector<model::Message>>& rows) const {
  if (!rows && failed) return failed(rows.error());
  if (absent) absent();
}

void MessageBook::keep(const model::Message& message) {
  if (recent_.insert_or_assign(message.id, message).second) recent_order_.push_back(message.id);
  for (const std::string& name : {message.remote_id, message.room_id})
    if (!name.empty()) recent_by_wire_[wire_key(message.account, message.peer, name)] = message.id;
  while (recent_order_.size() > most_recent) {
    const model::MessageId oldest = recent_order_.front();
    recent_order_.pop_front();
    forget(oldest);
  }
}

void MessageBook::forget(const model::MessageId& id) {
  const auto found = recent_.find(id);
  if (found == recent_.end()) return;
  const model::Message& message = found->second;
  if (model::Message* waits = queued_.find(id)) *waits = message;
  for (const std::string& name : {message.remote_id, message.room_id}) {
    const auto named = recent_by_wire_.find(wire_key(message.account, message.peer, name));
    if (named != recent_by_wire_.end() && named->second == id) recent_by_wire_.erase(named);
  }
  recent_.erase(found);
}

void MessageBook::publish(const model::Message& message,
                          std::function<void(base::Result<void>)> done) {
  log_.emit(model::MessageChanged{message}, {ports::PutMessage{message}}, std::move(done));
}

// ---- what comes ----------------------------------------------------------------------

void MessageBook::received(ports::IncomingMessage in) {
  COMMD_ASSERT_THREAD(thread_);
  ports::Messaging* from = messaging_of(in.account);
  if (!from) return;
  if (in.fingerprint.empty()) return take_new(std::move(in), *from);
  // Once more, as its acknowledgement was lost: shown once, acknowledged twice, and never
  // before it is on disk.
  if (const auto on_the_way = storing_.find(in.fingerprint); on_the_way != storing_.end())
    return on_the_way->second.push_back(in.ticket);
  if (seen_.contains(in.fingerprint)) return from->acknowledge(in.account, in.ticket);
  remember_fingerprint(in.fingerprint);
  storing_[in.fingerprint];
  take_new(std::move(in), *from);
}

void MessageBook::take_new(ports::IncomingMessage in, ports::Messaging& from) {
  // Now: what has to wait for the disk keeps its place.
  in.time = time_of(in);
  if (in.amends) return take_amendment(std::move(in), from);
  const bool perhaps_own = in.outgoing || in.perhaps_own;
  if (!perhaps_own || in.remote_id.empty()) return take_message(std::move(in), from);
  // The archive has what was sent from here as well: then the server has it.
  with(
      model::MessageId(in.remote_id),
      [this, in, &from](model::Message& message) { take_own(in, message, from); },
      [this, in, &from] { take_message(in, from); }, unread(in, from));
}

// A room tells it to all, this end among them: then it is where it was to be.
void MessageBook::take_own(const ports::IncomingMessage& in, model::Message& message,
                           ports::Messaging& from) {
  const bool same = message.direction == MessageDirection::outgoing && message.sender.empty() &&
                    message.account == in.account && message.peer == in.peer;
  // Another could have taken the nick meanwhile, and the id of what was said before.
  if (in.room && !(same && (in.outgoing || message.text == in.text))) return take_message(in, from);
  if (in.room) {
    message.room_id = in.room_id;
    // So that it is known again when the room tells it once more, whatever became of its text.
    message.fingerprint = in.fingerprint;
  }
  apply(
      {in.account, message.id, {}, in.room ? MessageState::delivered : MessageState::sent, {}, {}},
      message);
  settle(in, from, {});
}

// It could not be looked up what it is about: the server brings it once more.
MessageBook::Failed MessageBook::unread(const ports::IncomingMessage& in, ports::Messaging& from) {
  return [this, in, &from](const base::Error& why) { settle(in, from, fail(why)); };
}

void MessageBook::take_message(ports::IncomingMessage in, ports::Messaging& from) {
  if (in.reply.empty()) return store(std::move(in), from);
  with_wire(
      {in.account, in.peer, in.reply.wire_id},
      [this, in, &from](const model::Message& answered) mutable {
        in.reply.to = answered.id;
        store(std::move(in), from);
      },
      [this, in, &from] { store(in, from); });
}

void MessageBook::store(ports::IncomingMessage in, ports::Messaging& from) {
  model::Message message;
  message.id = model::MessageId(base::random_token(16));
  message.account = in.account;
  message.peer = in.peer;
  message.sender = in.sender;
  message.direction = in.outgoing ? MessageDirection::outgoing : MessageDirection::incoming;
  message.state = in.outgoing ? MessageState::sent : MessageState::received;
  message.text = in.text;
  message.state_time = clock_.wall_now();
  message.time = in.time;
  message.remote_id = in.remote_id;
  message.fingerprint = in.fingerprint;
  message.reply = in.reply;
  message.markable = in.markable;
  message.mentioned = in.mentioned;
  message.room_id = in.room_id;
  message.occupant = in.occupant;
  message.local = in.local;
  message.attachment = in.attachment;
  keep(message);
  publish(message, [this, &from, id = message.id, in](const base::Result<void>& stored) {
    if (!stored) forget(id);
    if (const auto kept = recent_.find(id); stored && kept != recent_.end())
      rooms_.came(kept->second);
    settle(in, from, stored);
  });
}

// Servers tell the second alone; what comes in a row stays in that order.
base::WallTime MessageBook::time_of(const ports::IncomingMessage& in) {
  if (in.time == base::WallTime{}) return last_told_ = clock_.wall_now();
  const bool same_second = in.time <= last_told_ && last_told_ - in.time < std::chrono::seconds(1);
  last_told_ = same_second ? last_told_ + std::chrono::microseconds(1) : in.time;
  return last_told_;
}

void MessageBook::settle(const ports::IncomingMessage& in, ports::Messaging& from,
                         const base::Result<void>& stored) {
  std::vector<uint64_t> tickets{in.ticket};
  if (auto more = storing_.extract(in.fingerprint); !more.empty())
    tickets.insert(tickets.end(), more.mapped().begin(), more.mapped().end());
  if (!stored) {
    seen_.erase(in.fingerprint);
    for (const uint64_t each : tickets) from.not_kept(in.account, each);
    return;
  }
  for (const uint64_t each : tickets) from.acknowledge(in.account, each);
}

void MessageBook::remember_fingerprint(const std::string& fingerprint) {
  if (!seen_.insert(fingerprint).second) return;
  seen_order_.push_back(fingerprint);
  while (seen_order_.size() > most_seen) {
    seen_.erase(seen_order_.front());
    seen_order_.pop_front();
  }
}

// ---- reading -------------------------------------------------------------------------

void MessageBook::get(const std::string& id, Done done) {
  COMMD_ASSERT_THREAD(thread_);
  resolve(id, [done](base::Result<model::Message*> found) {
    if (!found) return done(fail(found.error()));
    done(**found);
  });
}

void MessageBook::set_fetched(const model::MessageId& id, const model::TransferId& transfer) {
  COMMD_ASSERT_THREAD(thread_);
  with(id, [this, transfer](model::Message& message) {
    message.attachment.transfer = transfer.str();
    publish(message);
  });
}

void MessageBook::resolve(const std::string& id,
                          std::function<void(base::Result<model::Message*>)> then) {
  const auto found = recent_.find(model::MessageId(id));
  if (found != recent_.end()) return then(&found->second);
  if (id.empty()) return then(fail(base::invalid_argument("id", "say which message")));
  ports::MessageQuery query;
  query.id_prefix = id;
  query.limit = 2;
  store_.query_messages(query, [this, id, then](base::Result<std::vector<model::Message>> rows) {
    if (!rows) return then(fail(rows.error()));
    if (rows->empty()) return then(fail(base::not_found("message", id)));
    if (rows->size() > 1)
      return then(fail({Code::invalid_argument,
                        "AMBIGUOUS",
                        "several messages begin with \"" + id + "\"; write more of it",
                        {{"candidates", (*rows)[0].id.str() + " " + (*rows)[1].id.str()}}}));
    const model::Message& row = rows->front();
    if (!recent_.contains(row.id)) keep(row);
    then(&recent_.at(row.id));
  });
}

base::Result<void> MessageBook::resolve(ports::MessageQuery& query) const {
  if (!query.peer.empty()) {
    auto peer = peer_of(query.peer);
    if (!peer) return fail(peer.error());
    query.peer = std::move(*peer);
  }
  return resolve(query.account);
}

base::Result<std::string> MessageBook::peer_of(const std::string& typed) const {
  COMMD_ASSERT_THREAD(thread_);
  const auto address = names_(typed);
  if (!address) return fail(address.error());
  if (auto occupant = rooms_.occupant_address(typed)) return std::move(*occupant);
  return peer_address(accounts_, *address);
}

base::Result<void> MessageBook::resolve(model::AccountId& named) const {
  if (named.empty()) return {};
  const auto account = accounts_.find(named.str());
  if (account)
    named = (*account)->id;
  else if (account.error().code != Code::not_found)  // what it said outlives an account
    return fail(account.error());
  return {};
}

void MessageBook::conversations(
    ports::ConversationQuery query,
    std::function<void(base::Result<std::vector<model::Conversation>>)> done) {
  COMMD_ASSERT_THREAD(thread_);
  if (const auto clear = resolve(query.account); !clear) return done(fail(clear.error()));
  store_.query_conversations(std::move(query), std::move(done));
}

void MessageBook::list(ports::MessageQuery query,
                       std::function<void(base::Result<std::vector<model::Message>>)> done) {
  COMMD_ASSERT_THREAD(thread_);
  if (const auto clear = resolve(query); !clear) return done(fail(clear.error()));
  store_.query_messages(std::move(query), std::move(done));
}

}  // namespace commd::core
