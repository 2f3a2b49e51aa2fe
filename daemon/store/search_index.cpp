#include "daemon/store/search_index.h"

#include <chrono>
#include <limits>

#include "daemon/store/fields.h"
#include "daemon/store/tables.h"

namespace commd::store {
namespace {

constexpr const char* place_column = R"sql(
  ALTER TABLE message ADD COLUMN place INTEGER;
  UPDATE message SET place = placed.place FROM (
    SELECT id, nth + max(at - nth) OVER (ORDER BY at, id) AS place FROM (
      SELECT id, time / 1000 AS at, row_number() OVER (ORDER BY time / 1000, id) AS nth
      FROM message)) AS placed
    WHERE placed.id = message.id;
  CREATE UNIQUE INDEX message_by_place ON message (place);
)sql";

// Prefixes of 2 to 4 letters have lists of their own: all that begins so would else be
// gathered before the first is found.
constexpr const char* words_table = R"sql(
  CREATE VIEW message_indexed AS SELECT id, place, text AS body,
    'p' || hex(peer) || ' a' || hex(account) || ' ' || direction AS tags FROM message;
  CREATE VIRTUAL TABLE message_words USING fts5 (
    body, tags, content = 'message_indexed', content_rowid = 'place', columnsize = 0,
    prefix = '2 3 4', tokenize = "unicode61 remove_diacritics 2");
)sql";

constexpr const char* attachments_too = R"sql(
  DROP VIEW message_indexed;
  CREATE VIEW message_indexed AS SELECT id, place, CASE attachment_url WHEN '' THEN text
      ELSE text || char(10) || attachment_name || char(10) || attachment_description END AS body,
    'p' || hex(peer) || ' a' || hex(account) || ' ' || direction AS tags FROM message;
)sql";

// The places of a second: where a server's stamps have no more than seconds, the next
// message gets the place after the last one of that second.
constexpr int64_t places_nearby = 1'000'000;

std::string tags_of(const model::Message& message) {
  return tag_of(Tag::peer, message.peer) + " " + tag_of(Tag::account, message.account.str()) + " " +
         std::string(to_word(message.direction));
}

// As the view has it.
std::string body_of(const model::Message& message) {
  if (message.attachment.empty()) return message.text;
  return message.text + "\n" + message.attachment.name + "\n" + message.attachment.description;
}

}  // namespace

void create_search_index(Database& database) {
  database.exec(place_column);
  database.exec(words_table);
  rebuild_search_index(database);
}

void index_attachments(Database& database) { database.exec(attachments_too); }

bool search_index_is_whole(Database& database) {
  try {
    // 1: not within itself alone, but against the messages.
    database.exec("INSERT INTO message_words (message_words, rank) VALUES ('integrity-check', 1)");
    return true;
  } catch (const SqliteError& error) {
    if (!error.is_damage()) throw;
    return false;
  }
}

void rebuild_search_index(Database& database) {
  database.exec("INSERT INTO message_words (message_words) VALUES ('rebuild')");
}

bool mend_search_index(Database& database) {
  TextTable facts(database, "fact");
  if (facts.get(search_index_doubt).empty()) return false;
  database.exec("BEGIN IMMEDIATE");
  try {
    const bool whole = search_index_is_whole(database);
    if (!whole) rebuild_search_index(database);
    facts.put(search_index_doubt, "");
    database.exec("COMMIT");
    return !whole;
  } catch (const SqliteError&) {
    if (database.in_transaction()) database.exec("ROLLBACK");
    throw;
  }
}

std::string tag_of(Tag tag, std::string_view value) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string text(1, static_cast<char>(tag));
  for (const char c : value) {
    const auto byte = static_cast<unsigned char>(c);
    text += digits[byte >> 4U];
    text += digits[byte & 15U];
  }
  return text;
}

SearchIndex::SearchIndex(Database& database)
    : entry_(database, "SELECT place, body, tags FROM message_indexed WHERE id = ?"),
      last_near_(database, "SELECT max(place) FROM message WHERE place BETWEEN ? AND ?"),
      set_place_(database, "UPDATE message SET place = ? WHERE id = ?"),
      learn_(database, "INSERT INTO message_words (rowid, body, tags) VALUES (?, ?, ?)"),
      forget_(database,
              "INSERT INTO message_words (message_words, rowid, body, tags) VALUES ('delete', ?, "
              "?, ?)") {}

std::optional<SearchIndex::Entry> SearchIndex::entry(const model::MessageId& id) {
  std::optional<Entry> found;
  entry_.bind(1, id.str()).for_each([&](const Statement& row) {
    found = Entry{row.integer(0), row.text(1), row.text(2)};
  });
  return found;
}

void SearchIndex::written(const std::optional<Entry>& before, const model::Message& message) {
  const std::string body = body_of(message);
  const std::string tags = tags_of(message);
  if (before && before->body == body && before->tags == tags) return;
  if (before) forget(*before);
  const int64_t place = before ? before->place : free_place(message.time);
  if (!before) set_place_.bind(1, place).bind(2, message.id.str()).run();
  learn_.bind(1, place).bind(2, body).bind(3, tags).run();
}

void SearchIndex::forget(const Entry& entry) {
  forget_.bind(1, entry.place).bind(2, entry.body).bind(3, entry.tags).run();
}

int64_t SearchIndex::free_place(base::WallTime time) {
  const auto last_in = [this](int64_t from, int64_t to) {
    // 0 is what max() of nothing is, and no place of anything that was ever written.
    int64_t last = 0;
    last_near_.bind(1, from).bind(2, to).for_each(
        [&](const Statement& row) { last = row.integer(0); });
    return last;
  };
  const auto at = std::chrono::duration_cast<std::chrono::microseconds>(time.time_since_epoch());
  const int64_t own = at.count() == 0 ? 1 : at.count();
  if (last_in(own, own) == 0) return own;
  const int64_t end = own + places_nearby - 1;
  const int64_t last = last_in(own, end);
  // A second with a million messages: one of them is out of its order.
  return last < end ? last + 1 : last_in(own, std::numeric_limits<int64_t>::max()) + 1;
}

}  // namespace commd::store
