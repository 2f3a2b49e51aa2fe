#include "daemon/store/amendment_table.h"

#include "daemon/store/call_table.h"
#include "daemon/store/fields.h"
#include "daemon/store/word_list.h"

namespace commd::store {
namespace {

using model::Amendment;

constexpr const char* names =
    "id, account, peer, direction, kind, target, text, emojis, queued, time, fingerprint";
static_assert(field_count<Amendment>() == 11, "a field of Amendment is not stored");

template <class E>
E word_at(const Statement& row, int at, const char* column) {
  const std::string word = row.text(at);
  const auto known = from_word<E>(word);
  if (!known) throw UnknownWord(column, word);
  return *known;
}

Amendment read_amendment(const Statement& row) {
  Amendment a;
  a.id = model::MessageId(row.text(0));
  a.account = model::AccountId(row.text(1));
  a.peer = row.text(2);
  a.direction = word_at<model::MessageDirection>(row, 3, "amendment.direction");
  a.kind = word_at<model::AmendmentKind>(row, 4, "amendment.kind");
  a.target = row.text(5);
  a.text = row.text(6);
  a.emojis = split(row.text(7));
  a.queued = row.integer(8) != 0;
  a.time = base::WallTime(base::WallTime::duration(row.integer(9)));
  a.fingerprint = row.text(10);
  return a;
}

}  // namespace

AmendmentTable::AmendmentTable(Database& database)
    : put_(database, std::string("INSERT OR REPLACE INTO amendment (") + names +
                         ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"),
      queued_(database, std::string("SELECT ") + names +
                            " FROM amendment WHERE queued = 1 ORDER BY time, id"),
      fingerprints_(database,
                    "SELECT fingerprint FROM (SELECT fingerprint, time, id FROM amendment WHERE "
                    "fingerprint <> '' ORDER BY time DESC, id DESC LIMIT ?) ORDER BY time, id"),
      forget_(database,
              "DELETE FROM amendment WHERE id IN (SELECT id FROM amendment WHERE queued = 0 AND "
              "time < ? ORDER BY time, id LIMIT ?)"),
      thin_out_(database,
                "DELETE FROM amendment WHERE id IN (SELECT id FROM amendment WHERE queued = 0 "
                "ORDER BY time DESC, id DESC LIMIT ? OFFSET ?)") {}

void AmendmentTable::prune(base::WallTime before) {
  added_ = 0;
  forget_.bind(1, before.time_since_epoch().count()).bind(2, prune_slice).run();
  thin_out_.bind(1, prune_slice).bind(2, most_kept).run();
}

void AmendmentTable::put(const Amendment& a) {
  ++added_;
  const std::string emojis = join(a.emojis);
  put_.bind(1, a.id.str())
      .bind(2, a.account.str())
      .bind(3, a.peer)
      .bind(4, to_word(a.direction))
      .bind(5, to_word(a.kind))
      .bind(6, a.target)
      .bind(7, a.text)
      .bind(8, emojis)
      .bind(9, int64_t{a.queued})
      .bind(10, a.time.time_since_epoch().count())
      .bind(11, a.fingerprint)
      .run();
}

std::vector<Amendment> AmendmentTable::queued() {
  std::vector<Amendment> amendments;
  queued_.for_each([&](const Statement& row) { amendments.push_back(read_amendment(row)); });
  return amendments;
}

std::vector<std::string> AmendmentTable::fingerprints(unsigned limit) {
  std::vector<std::string> found;
  fingerprints_.bind(1, int64_t{limit}).for_each([&](const Statement& row) {
    found.push_back(row.text(0));
  });
  return found;
}

}  // namespace commd::store
