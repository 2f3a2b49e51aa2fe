// The smaller tables. One object a connection; the thread that owns the
// connection. Methods throw SqliteError.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "daemon/base/time.h"
#include "daemon/model/account.h"
#include "daemon/ports/store.h"
#include "daemon/store/database.h"

namespace commd::store {

// A table of texts by key: `meta` (about the file itself) and `fact`.
class TextTable {
 public:
  // `name` is a literal of ours.
  TextTable(Database& database, const std::string& name);

  // An empty value erases the key.
  void put(std::string_view key, std::string_view value);
  std::string get(std::string_view key);  // "" if it is not there
  std::map<std::string, std::string> all();

 private:
  Statement put_;
  Statement erase_;
  Statement get_;
  Statement all_;
};

class AccountTable {
 public:
  explicit AccountTable(Database& database);

  // Settings that a newer version wrote for the same account are kept.
  void put(const model::Account& account);
  void erase(const model::AccountId& id);
  // Oldest first. The errors of decode_settings, with the account's id.
  base::Result<std::vector<model::Account>> all();

 private:
  Statement put_;
  Statement erase_;
  Statement settings_;
  Statement all_;
};

// Which of the oldest events go.
struct EventBounds {
  uint64_t keep = 0;         // the newest that stay; 0 = no limit
  base::WallTime horizon{};  // those committed before it go; 1970 = no limit
};

class EventTable {
 public:
  EventTable(Database& database, TextTable& meta);

  // The numbers of the log's ends, as of the last append, prune or reload.
  uint64_t last_sequence() const { return last_; }
  uint64_t first_sequence() const { return pruned_ + 1; }

  void append(uint64_t sequence, std::string_view bytes, base::WallTime time);
  // Reads the log's ends again: at start and after a rollback.
  void reload();

  // Whether prune() has enough to do to be worth a transaction: 64 events too
  // many, or one that is an hour beyond the horizon.
  bool prune_due(const EventBounds& bounds) const;
  // Deletes up to 256 of the oldest.
  void prune(const EventBounds& bounds);

  // Oldest first. OUT_OF_RANGE with reason RESUME_TOKEN_EXPIRED when an event
  // after `after` was pruned. Call within a read transaction.
  base::Result<std::vector<ports::StoredEvent>> read(uint64_t after, unsigned limit);

 private:
  TextTable& meta_;
  Statement append_;
  Statement last_row_;
  Statement oldest_;
  Statement prune_;
  Statement read_;
  uint64_t last_ = 0;
  uint64_t pruned_ = 0;  // the newest that is gone
  base::WallTime oldest_time_ = base::WallTime::max();
};

}  // namespace commd::store
