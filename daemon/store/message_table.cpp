#include "daemon/store/message_table.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <limits>
#include <string>
#include <utility>

#include "daemon/store/call_table.h"
#include "daemon/store/fields.h"
#include "daemon/store/search_index.h"
#include "daemon/store/search_words.h"
#include "daemon/store/word_list.h"

namespace commd::store {
namespace {

using model::Message;

constexpr const char* names =
    "id, account, peer, sender, direction, state, text, time, state_time, remote_id, fingerprint, "
    "fail_reason, fail_message, request_id, reply_to, reply_wire_id, reply_to_own, reply_quote, "
    "edit_time, retracted, markable, reactions, mentioned, attachment_url, attachment_name, "
    "attachment_type, attachment_size, attachment_description, attachment_transfer, room_id, "
    "occupant, local";
static_assert(field_count<Message>() == 24, "a field of Message is not stored");
static_assert(field_count<model::Reply>() == 4, "a field of Reply is not stored");
static_assert(field_count<model::Attachment>() == 6, "a field of Attachment is not stored");

int64_t to_integer(base::WallTime time) { return time.time_since_epoch().count(); }
base::WallTime to_time(int64_t value) { return base::WallTime(base::WallTime::duration(value)); }

// "xmpp:bob@example.org\tEMOJI\tEMOJI\n" for each person; in a room that says who it is the
// sender is followed by "\x1f" and that. No part has any of these in it: senders are addresses,
// occupants are without controls, for the rest see model::is_emoji.
std::string to_text(const std::vector<model::Reaction>& reactions) {
  std::string text;
  for (const model::Reaction& each : reactions)
    text += each.sender + (each.occupant.empty() ? "" : "\x1f" + each.occupant) + "\t" +
            join(each.emojis) + "\n";
  return text;
}

std::vector<model::Reaction> to_reactions(std::string_view text) {
  std::vector<model::Reaction> reactions;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    const size_t tab = std::min(line.find('\t'), line.size());
    std::vector<std::string> emojis = split(line.substr(std::min(line.size(), tab + 1)));
    if (emojis.empty()) continue;
    const std::string_view who = line.substr(0, tab);
    const size_t end = std::min(who.find('\x1f'), who.size());
    reactions.push_back({std::string(who.substr(0, end)), std::move(emojis),
                         std::string(who.substr(std::min(who.size(), end + 1)))});
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

// What never changes of a message. An index on what is assigned is written anew, be the value
// what it was.
constexpr std::array<std::string_view, 5> fixed{"id", "account", "peer", "direction", "time"};

// Not a replacement, which would take the row's place in the index from it.
std::string on_conflict() {
  std::string sql = " ON CONFLICT (id) DO UPDATE SET ";
  std::string_view left = names;
  for (const char* comma = ""; !left.empty();) {
    const size_t end = std::min(left.find(", "), left.size());
    const std::string name(left.substr(0, end));
    left.remove_prefix(std::min(end + 2, left.size()));
    if (std::find(fixed.begin(), fixed.end(), name) != fixed.end()) continue;
    sql += comma + name + " = excluded." + name;
    comma = ", ";
  }
  return sql;
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
  m.mentioned = row.integer(22) != 0;
  m.attachment = {row.text(23), row.text(24), row.text(25), static_cast<uint64_t>(row.integer(26)),
                  row.text(27), row.text(28)};
  m.room_id = row.text(29);
  m.occupant = row.text(30);
  m.local = row.text(31);
  return m;
}

constexpr int64_t prune_slice = 256;

// ?1 and ?2 the position to go on from, ?3 to ?5, ?10 and ?11 what is looked for, ?6 the limit,
// ?7 and ?8 the times, ?9 the direction.
std::string query_sql(const ports::MessageQuery& query) {
  std::string sql = std::string("SELECT ") + names + " FROM message WHERE (time, id) " +
                    (query.oldest_first ? ">" : "<") + " (?1, ?2)";
  if (!query.peer.empty()) sql += " AND peer = ?3";
  if (!query.account.empty()) sql += " AND account = ?4";
  if (!query.id.empty()) sql += " AND id = ?5";
  // What was sent from here has its own id on the wire; a room gives each another one.
  if (!query.wire_id.empty())
    sql +=
        " AND id IN (SELECT id FROM message WHERE remote_id = ?10 AND remote_id <> '' "
        "UNION ALL SELECT id FROM message WHERE id = ?10 AND remote_id = '' "
        "UNION ALL SELECT id FROM message WHERE room_id = ?10 AND room_id <> '')";
  if (!query.id_prefix.empty()) sql += " AND substr(id, 1, length(?11)) = ?11";
  if (query.unread) sql += " AND state = 'received'";
  if (query.since) sql += " AND time >= ?7";
  if (query.until) sql += " AND time < ?8";
  if (query.direction) sql += " AND direction = ?9";
  const char* order = query.oldest_first ? "" : " DESC";
  return sql + " ORDER BY time" + order + ", id" + order + " LIMIT ?6";
}

// The same numbers. What is not read is counted by its index.
std::string conversations_sql(const ports::ConversationQuery& query) {
  const std::string unread =
      " FROM message AS m WHERE m.peer = c.peer AND m.account = c.account AND m.state = 'received'";
  std::string columns = "message.";
  for (const char* at = names; *at != '\0'; ++at) {
    columns += *at;
    if (*at == ' ') columns += "message.";
  }
  std::string sql = "SELECT " + columns + ", (SELECT count(*)" + unread + "), (SELECT count(*)" +
                    unread +
                    " AND m.mentioned = 1) FROM conversation AS c JOIN message ON message.id = "
                    "c.last WHERE (c.time, c.last) < (?1, ?2)";
  if (!query.account.empty()) sql += " AND c.account = ?4";
  if (query.unread) sql += " AND EXISTS (SELECT 1" + unread + ")";
  return sql + " ORDER BY c.time DESC, c.last DESC LIMIT ?6";
}

// A place is never before its time, and at most a second after it.
int64_t to_place(base::WallTime time) { return to_integer(time) / 1000; }
constexpr int64_t most_displaced = 1'000'000;

// The same numbers; ?2 is what the index is asked for, ?10 the lowest place. There is one upper
// bound, ?1: of several FTS5 would use the first, and read what lies between.
std::string search_sql(const ports::MessageQuery& query) {
  std::string sql = std::string("SELECT ") + names +
                    " FROM message_words JOIN message ON place = message_words.rowid "
                    "WHERE message_words MATCH ?2 AND message_words.rowid < ?1";
  if (query.since) sql += " AND message_words.rowid >= ?10 AND time >= ?7";
  if (query.until) sql += " AND time < ?8";
  return sql + " ORDER BY message_words.rowid DESC LIMIT ?6";
}

// `words` are an expression already.
std::string search_match(const ports::MessageQuery& query, const std::string& words) {
  std::string tags;
  if (!query.peer.empty()) tags += " " + tag_of(Tag::peer, query.peer);
  if (!query.account.empty()) tags += " " + tag_of(Tag::account, query.account.str());
  if (query.direction) tags += " " + std::string(to_word(*query.direction));
  std::string match = "body : (" + words + ")";
  return tags.empty() ? match : match + " AND tags : (" + tags + ")";
}

}  // namespace

MessageTable::MessageTable(Database& database)
    : database_(database),
      put_(database, std::string("INSERT INTO message (") + names +
                         ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, "
                         "?, ?, ?, ?, "
                         "?, ?, ?, ?, ?, ?, ?)" +
                         on_conflict()),
      queued_(database, std::string("SELECT ") + names +
                            " FROM message WHERE state = 'queued' ORDER BY time, id"),
      fingerprints_(database,
                    "SELECT fingerprint FROM (SELECT fingerprint, time, id FROM message WHERE "
                    "fingerprint <> '' ORDER BY time DESC, id DESC "
                    "LIMIT ?) ORDER BY time, id"),
      position_(database, "SELECT time, place FROM message WHERE id = ?"),
      oldest_(database,
              "SELECT time FROM message WHERE state <> 'queued' ORDER BY time, id LIMIT 1"),
      prunable_(
          database,
          "SELECT id FROM message WHERE time < ? AND state <> 'queued' ORDER BY time, id LIMIT ?"),
      erase_(database, "DELETE FROM message WHERE id = ?"),
      conversation_(database,
                    "INSERT INTO conversation (account, peer, time, last) VALUES (?, ?, ?, ?) "
                    "ON CONFLICT (account, peer) DO UPDATE SET time = excluded.time, "
                    "last = excluded.last WHERE (excluded.time, excluded.last) > (time, last)"),
      empty_conversation_(database, "DELETE FROM conversation WHERE last = ?"),
      index_(database) {}

void MessageTable::put(const Message& m) {
  const std::string reactions = to_text(m.reactions);
  if (oldest_time_ && m.time < *oldest_time_) oldest_time_.reset();
  const auto indexed = index_.entry(m.id);
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
      .bind(23, int64_t{m.mentioned})
      .bind(24, m.attachment.url)
      .bind(25, m.attachment.name)
      .bind(26, m.attachment.media_type)
      .bind(27, static_cast<int64_t>(m.attachment.size))
      .bind(28, m.attachment.description)
      .bind(29, m.attachment.transfer)
      .bind(30, m.room_id)
      .bind(31, m.occupant)
      .bind(32, m.local)
      .run();
  conversation_.bind(1, m.account.str())
      .bind(2, m.peer)
      .bind(3, to_integer(m.time))
      .bind(4, m.id.str())
      .run();
  index_.written(indexed, m);
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
  if (!query.words.empty()) return search(query);
  int64_t before_time = query.oldest_first ? std::numeric_limits<int64_t>::min()
                                           : std::numeric_limits<int64_t>::max();
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
  if (!query.wire_id.empty()) select.bind(10, query.wire_id);
  if (!query.id_prefix.empty()) select.bind(11, query.id_prefix);
  if (query.direction) select.bind(9, to_word(*query.direction));
  return rows(select, query);
}

base::Result<std::vector<Message>> MessageTable::search(const ports::MessageQuery& query) {
  const auto words = search_expression(query.words);
  if (!words) return base::fail(words.error());
  int64_t before = std::numeric_limits<int64_t>::max();
  if (!query.before.empty()) {
    bool found = false;
    position_.bind(1, query.before).for_each([&](const Statement& row) {
      before = row.integer(1);
      found = true;
    });
    if (!found) return base::fail(base::not_found("message", query.before));
  }
  if (query.until) before = std::min(before, to_place(*query.until) + most_displaced);
  const std::string match = search_match(query, *words);
  const std::string sql = search_sql(query);
  Statement& select = queries_.try_emplace(sql, database_, sql).first->second;
  select.bind(1, before).bind(2, match);
  if (query.since) select.bind(10, to_place(*query.since));
  return rows(select, query);
}

// What all queries have in common, and their rows.
std::vector<Message> MessageTable::rows(Statement& select, const ports::MessageQuery& query) {
  if (query.since) select.bind(7, to_integer(*query.since));
  if (query.until) select.bind(8, to_integer(*query.until));
  select.bind(6, int64_t{std::clamp(query.limit, 1u, 1000u)});
  std::vector<Message> messages;
  select.for_each([&](const Statement& row) { messages.push_back(read_message(row)); });
  return messages;
}

base::Result<std::vector<model::Conversation>> MessageTable::conversations(
    const ports::ConversationQuery& query) {
  int64_t before_time = std::numeric_limits<int64_t>::max();
  if (!query.before.empty()) {
    bool found = false;
    position_.bind(1, query.before).for_each([&](const Statement& row) {
      before_time = row.integer(0);
      found = true;
    });
    if (!found) return base::fail(base::not_found("message", query.before));
  }
  const std::string sql = conversations_sql(query);
  Statement& select = queries_.try_emplace(sql, database_, sql).first->second;
  select.bind(1, before_time).bind(2, query.before);
  if (!query.account.empty()) select.bind(4, query.account.str());
  select.bind(6, int64_t{std::clamp(query.limit, 1u, 1000u)});
  std::vector<model::Conversation> found;
  select.for_each([&](const Statement& row) {
    constexpr int counts = 32;
    found.push_back({read_message(row), static_cast<size_t>(row.integer(counts)),
                     static_cast<size_t>(row.integer(counts + 1))});
  });
  return found;
}

bool MessageTable::prune_due(base::WallTime horizon) {
  if (horizon == base::WallTime{}) return false;
  if (!oldest_time_) {
    oldest_time_ = base::WallTime::max();
    oldest_.for_each([&](const Statement& row) { oldest_time_ = to_time(row.integer(0)); });
  }
  return *oldest_time_ < horizon - std::chrono::hours(1);
}

void MessageTable::prune(base::WallTime horizon) {
  oldest_time_.reset();
  std::vector<model::MessageId> ids;
  prunable_.bind(1, to_integer(horizon)).bind(2, prune_slice).for_each([&](const Statement& row) {
    ids.emplace_back(row.text(0));
  });
  for (const model::MessageId& id : ids) {
    if (const auto entry = index_.entry(id)) index_.forget(*entry);
    erase_.bind(1, id.str()).run();
    // All of its messages are older, and gone.
    empty_conversation_.bind(1, id.str()).run();
  }
}

}  // namespace commd::store
