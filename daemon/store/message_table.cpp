#include "daemon/store/message_table.h"

#include <algorithm>
#include <limits>
#include <string>
#include <utility>

#include "daemon/store/call_table.h"
#include "daemon/store/fields.h"
#include "daemon/store/word_list.h"

namespace commd::store {
namespace {

using model::Message;

constexpr const char* names =
    "id, account, peer, sender, direction, state, text, time, state_time, remote_id, fingerprint, "
    "fail_reason, fail_message, request_id, reply_to, reply_wire_id, reply_to_own, reply_quote, "
    "edit_time, retracted, markable, reactions";
static_assert(field_count<Message>() == 19, "a field of Message is not stored");
static_assert(field_count<model::Reply>() == 4, "a field of Reply is not stored");

int64_t to_integer(base::WallTime time) { return time.time_since_epoch().count(); }
base::WallTime to_time(int64_t value) { return base::WallTime(base::WallTime::duration(value)); }

// "xmpp:bob@example.org\tEMOJI\tEMOJI\n" for each person. No part has either of them in it:
// senders are addresses, for the rest see model::is_emoji.
std::string to_text(const std::vector<model::Reaction>& reactions) {
  std::string text;
  for (const model::Reaction& each : reactions)
    text += each.sender + "\t" + join(each.emojis) + "\n";
  return text;
}

std::vector<model::Reaction> to_reactions(std::string_view text) {
  std::vector<model::Reaction> reactions;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    const size_t tab = std::min(line.find('\t'), line.size());
    std::vector<std::string> emojis = split(line.substr(std::min(line.size(), tab + 1)));
    if (!emojis.empty()) reactions.push_back({std::string(line.substr(0, tab)), std::move(emojis)});
  }
  return reactions;
}

template <class E>
E word_at(const Statement& row, int at, const char* column) {
  const std::string word = row.text(at);
  const auto known = from_word<E>(word);
  if (!known) throw UnknownWord(column, word);
  return *known;
}

Message read_message(const Statement& row) {
  Message m;
  m.id = model::MessageId(row.text(0));
  m.account = model::AccountId(row.text(1));
  m.peer = row.text(2);
  m.sender = row.text(3);
  m.direction = word_at<model::MessageDirection>(row, 4, "message.direction");
  m.state = word_at<model::MessageState>(row, 5, "message.state");
  m.text = row.text(6);
  m.time = to_time(row.integer(7));
  m.state_time = to_time(row.integer(8));
  m.remote_id = row.text(9);
  m.fingerprint = row.text(10);
  m.fail_reason = row.text(11);
  m.fail_message = row.text(12);
  m.request_id = row.text(13);
  m.reply.to = model::MessageId(row.text(14));
  m.reply.wire_id = row.text(15);
  m.reply.to_own = row.integer(16) != 0;
  m.reply.quote = row.text(17);
  m.edit_time = to_time(row.integer(18));
  m.retracted = row.integer(19) != 0;
  m.markable = row.integer(20) != 0;
  m.reactions = to_reactions(row.text(21));
  return m;
}

// ?1 and ?2 the position to go on from, ?3 to ?5, ?7 and ?8 what is looked for, ?6 the limit.
std::string query_sql(const ports::MessageQuery& query) {
  std::string sql = std::string("SELECT ") + names + " FROM message WHERE (time, id) < (?1, ?2)";
  if (!query.peer.empty()) sql += " AND peer = ?3";
  if (!query.account.empty()) sql += " AND account = ?4";
  if (!query.id.empty()) sql += " AND id = ?5";
  // What was sent from here has its own id on the wire.
  if (!query.wire_id.empty())
    sql +=
        " AND id IN (SELECT id FROM message WHERE remote_id = ?7 AND remote_id <> '' "
        "UNION ALL SELECT id FROM message WHERE id = ?7 AND remote_id = '')";
  if (!query.id_prefix.empty()) sql += " AND substr(id, 1, length(?8)) = ?8";
  if (query.unread) sql += " AND state = 'received'";
  return sql + " ORDER BY time DESC, id DESC LIMIT ?6";
}

}  // namespace

MessageTable::MessageTable(Database& database)
    : database_(database),
      put_(database,
           std::string("INSERT OR REPLACE INTO message (") + names +
               ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"),
      queued_(database, std::string("SELECT ") + names +
                            " FROM message WHERE state = 'queued' ORDER BY time, id"),
      fingerprints_(database,
                    "SELECT fingerprint FROM (SELECT fingerprint, time, id FROM message WHERE "
                    "fingerprint <> '' ORDER BY time DESC, id DESC "
                    "LIMIT ?) ORDER BY time, id"),
      position_(database, "SELECT time FROM message WHERE id = ?") {}

void MessageTable::put(const Message& m) {
  const std::string reactions = to_text(m.reactions);
  put_.bind(1, m.id.str())
      .bind(2, m.account.str())
      .bind(3, m.peer)
      .bind(4, m.sender)
      .bind(5, to_word(m.direction))
      .bind(6, to_word(m.state))
      .bind(7, m.text)
      .bind(8, to_integer(m.time))
      .bind(9, to_integer(m.state_time))
      .bind(10, m.remote_id)
      .bind(11, m.fingerprint)
      .bind(12, m.fail_reason)
      .bind(13, m.fail_message)
      .bind(14, m.request_id)
      .bind(15, m.reply.to.str())
      .bind(16, m.reply.wire_id)
      .bind(17, int64_t{m.reply.to_own})
      .bind(18, m.reply.quote)
      .bind(19, to_integer(m.edit_time))
      .bind(20, int64_t{m.retracted})
      .bind(21, int64_t{m.markable})
      .bind(22, reactions)
      .run();
}

std::vector<Message> MessageTable::queued() {
  std::vector<Message> messages;
  queued_.for_each([&](const Statement& row) { messages.push_back(read_message(row)); });
  return messages;
}

std::vector<std::string> MessageTable::fingerprints(unsigned limit) {
  std::vector<std::string> found;
  fingerprints_.bind(1, int64_t{limit}).for_each([&](const Statement& row) {
    found.push_back(row.text(0));
  });
  return found;
}

base::Result<std::vector<Message>> MessageTable::query(const ports::MessageQuery& query) {
  int64_t before_time = std::numeric_limits<int64_t>::max();
  if (!query.before.empty()) {
    bool found = false;
    position_.bind(1, query.before).for_each([&](const Statement& row) {
      before_time = row.integer(0);
      found = true;
    });
    if (!found) return base::fail(base::not_found("message", query.before));
  }
  const std::string sql = query_sql(query);
  Statement& select = queries_.try_emplace(sql, database_, sql).first->second;
  select.bind(1, before_time).bind(2, query.before);
  if (!query.peer.empty()) select.bind(3, query.peer);
  if (!query.account.empty()) select.bind(4, query.account.str());
  if (!query.id.empty()) select.bind(5, query.id.str());
  if (!query.wire_id.empty()) select.bind(7, query.wire_id);
  if (!query.id_prefix.empty()) select.bind(8, query.id_prefix);
  select.bind(6, int64_t{std::clamp(query.limit, 1u, 1000u)});
  std::vector<Message> messages;
  select.for_each([&](const Statement& row) { messages.push_back(read_message(row)); });
  return messages;
}

}  // namespace commd::store
