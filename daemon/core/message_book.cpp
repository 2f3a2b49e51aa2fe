#include "daemon/core/message_book.h"

#include <algorithm>
#include <utility>

#include "daemon/base/random.h"
#include "daemon/core/message_address.h"

namespace commd::core {
namespace {

using base::Code;
using base::fail;
using model::MessageDirection;
using model::MessageState;

constexpr size_t most_recent = 2000;
constexpr size_t most_seen = 8000;

}  // namespace

MessageBook::MessageBook(EventLog& log, AccountBook& accounts, ports::Store& store,
                         const ports::Clock& clock, MessagingByProtocol messaging,
                         base::Logger logger)
    : log_(log),
      accounts_(accounts),
      store_(store),
      clock_(clock),
      messaging_(std::move(messaging)),
      logger_(std::move(logger)) {
  thread_.bind();
}

void MessageBook::restore(const ports::StoredState& state) {
  COMMD_ASSERT_THREAD(thread_);
  queued_ = state.queued_messages;
  for (const model::Message& message : queued_) keep(message);
  for (const std::string& fingerprint : state.fingerprints) remember_fingerprint(fingerprint);
}

ports::Messaging* MessageBook::messaging_of(const model::AccountId& account) const {
  const model::Account* found = accounts_.get(account);
  if (!found) return nullptr;
  const auto speaks = messaging_.find(found->protocol);
  return speaks == messaging_.end() ? nullptr : speaks->second;
}

// ---- sending -----------------------------------------------------------------------

base::Result<model::Message> MessageBook::message_of(const Draft& draft) const {
  if (draft.text.empty())
    return fail(base::invalid_argument("text", "an empty message says nothing"));
  if (draft.text.size() > model::max_message_bytes)
    return fail(base::invalid_argument("text", "a message has at most " +
                                                   std::to_string(model::max_message_bytes) +
                                                   " bytes; send it in parts, or as a file"));
  auto way = message_way(accounts_, draft.address, draft.account);
  if (!way) return fail(way.error());
  if (!messaging_of(way->account))
    return fail(Code::unimplemented, "MESSAGES_NOT_SUPPORTED",
                "messages go over XMPP alone so far; write xmpp:user@domain");
  model::Message message;
  message.id = model::MessageId(base::random_token(16));
  message.account = way->account;
  message.peer = way->peer;
  message.text = draft.text;
  message.time = message.state_time = clock_.wall_now();
  message.request_id = draft.request_id;
  return message;
}

void MessageBook::send(Draft draft, Done done) {
  COMMD_ASSERT_THREAD(thread_);
  if (const auto before = sent_by_request_.find(draft.request_id);
      !draft.request_id.empty() && before != sent_by_request_.end())
    return get(before->second.str(), std::move(done));
  auto made = message_of(draft);
  if (!made) return done(fail(made.error()));
  if (!draft.request_id.empty()) {
    if (sent_by_request_.size() >= 1024) sent_by_request_.clear();
    sent_by_request_[draft.request_id] = made->id;
  }
  keep(*made);
  publish(*made, [this, message = *made, done = std::move(done)](base::Result<void> stored) {
    if (!stored) {
      // It may still be written later, never sent: the client was told that it is not.
      recent_.erase(message.id);
      return done(fail(stored.error()));
    }
    queued_.push_back(message);
    done(message);
    hand_over(message);
  });
}

void MessageBook::hand_over(const model::Message& message) {
  const model::Account* account = accounts_.get(message.account);
  ports::Messaging* to = messaging_of(message.account);
  if (account && account->enabled && to)
    to->send({message.account, message.id, message.peer, message.text});
}

void MessageBook::account_up(const model::AccountId& account) {
  COMMD_ASSERT_THREAD(thread_);
  for (const model::Message& message : queued_)
    if (message.account == account) hand_over(message);
}

void MessageBook::account_removed(const model::AccountId& account) {
  COMMD_ASSERT_THREAD(thread_);
  std::vector<model::MessageId> left;
  for (const model::Message& message : queued_)
    if (message.account == account) left.push_back(message.id);
  for (const model::MessageId& id : left)
    report({account,
            id,
            {},
            MessageState::failed,
            "ACCOUNT_REMOVED",
            "its account was removed before it could be sent"});
}

// ---- what becomes of it --------------------------------------------------------------

void MessageBook::report(const ports::MessageReport& report) {
  COMMD_ASSERT_THREAD(thread_);
  with(report.id, [this, report](model::Message& message) { apply(report, message); });
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
  std::erase_if(queued_, [&](const model::Message& each) { return each.id == message.id; });
  publish(message);
}

void MessageBook::with(const model::MessageId& id, Change change) {
  if (const auto found = recent_.find(id); found != recent_.end()) return change(found->second);
  auto& waiting = wanted_[id];
  waiting.push_back(std::move(change));
  if (waiting.size() > 1) return;
  ports::MessageQuery query;
  query.id = id;
  query.limit = 1;
  store_.query_messages(query, [this, id](base::Result<std::vector<model::Message>> rows) {
    const std::vector<Change> changes = std::move(wanted_[id]);
    wanted_.erase(id);
    if (!rows || rows->empty()) return;
    keep(rows->front());
    for (const Change& each : changes) each(recent_.at(id));
  });
}

void MessageBook::keep(const model::Message& message) {
  if (recent_.insert_or_assign(message.id, message).second) recent_order_.push_back(message.id);
  while (recent_order_.size() > most_recent) {
    recent_.erase(recent_order_.front());
    recent_order_.pop_front();
  }
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
  if (in.fingerprint.empty()) return store(std::move(in), *from);
  // Once more, as its acknowledgement was lost: shown once, acknowledged twice, and never
  // before it is on disk.
  if (const auto on_the_way = storing_.find(in.fingerprint); on_the_way != storing_.end())
    return on_the_way->second.push_back(in.ticket);
  if (seen_.contains(in.fingerprint)) return from->acknowledge(in.account, in.ticket);
  remember_fingerprint(in.fingerprint);
  storing_[in.fingerprint];
  store(std::move(in), *from);
}

void MessageBook::store(ports::IncomingMessage in, ports::Messaging& from) {
  model::Message message;
  message.id = model::MessageId(base::random_token(16));
  message.account = in.account;
  message.peer = std::move(in.peer);
  message.sender = std::move(in.sender);
  message.direction = MessageDirection::incoming;
  message.state = MessageState::received;
  message.text = std::move(in.text);
  message.state_time = clock_.wall_now();
  message.time = in.time == base::WallTime{} ? message.state_time : in.time;
  message.remote_id = std::move(in.remote_id);
  message.fingerprint = std::move(in.fingerprint);
  publish(message, [this, &from, message, ticket = in.ticket](const base::Result<void>& stored) {
    std::vector<uint64_t> tickets{ticket};
    if (auto more = storing_.extract(message.fingerprint); !more.empty())
      tickets.insert(tickets.end(), more.mapped().begin(), more.mapped().end());
    if (!stored) {
      seen_.erase(message.fingerprint);
      return from.not_kept(message.account);
    }
    for (const uint64_t each : tickets) from.acknowledge(message.account, each);
  });
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
  if (const auto found = recent_.find(model::MessageId(id)); found != recent_.end())
    return done(found->second);
  ports::MessageQuery query;
  query.id = model::MessageId(id);
  query.limit = 1;
  store_.query_messages(query, [id, done](base::Result<std::vector<model::Message>> rows) {
    if (!rows) return done(fail(rows.error()));
    if (rows->empty()) return done(fail(base::not_found("message", id)));
    done(rows->front());
  });
}

void MessageBook::list(ports::MessageQuery query,
                       std::function<void(base::Result<std::vector<model::Message>>)> done) {
  COMMD_ASSERT_THREAD(thread_);
  if (!query.peer.empty()) {
    auto peer = peer_address(query.peer);
    if (!peer) return done(fail(peer.error()));
    query.peer = std::move(*peer);
  }
  store_.query_messages(std::move(query), std::move(done));
}

}  // namespace commd::core
