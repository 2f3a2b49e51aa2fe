#include "daemon/store/tables.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <limits>
#include <optional>
#include <utility>

#include "daemon/store/fields.h"
#include "daemon/store/settings_text.h"

namespace commd::store {
namespace {

constexpr uint64_t prune_slack = 64;
constexpr int64_t prune_slice = 256;
constexpr const char* pruned_key = "pruned_through";

// What is stored, and the state that is not.
static_assert(field_count<model::Account>() == 7 + 9, "a field of Account is not stored");

int64_t to_integer(base::WallTime time) { return time.time_since_epoch().count(); }

base::WallTime to_time(int64_t value) { return base::WallTime(base::WallTime::duration(value)); }

uint64_t to_number(const std::string& text) {
  uint64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

base::Error about_account(base::Error error, const std::string& id) {
  error.message = "account \"" + id + "\": " + error.message;
  error.details["account"] = id;
  return error;
}

base::Result<model::Account> read_account(const Statement& row) {
  model::Account account;
  account.id = model::AccountId(row.text(0));
  account.address = row.text(1);
  const auto protocol = from_word<model::Protocol>(row.text(2));
  if (!protocol) {
    return base::fail(about_account({base::Code::failed_precondition,
                                     "STORE_NEWER_VERSION",
                                     "its protocol was written by a newer commd",
                                     {}},
                                    account.id.str()));
  }
  account.protocol = *protocol;
  account.enabled = row.integer(3) != 0;
  account.has_password = row.integer(4) != 0;
  account.create_time = to_time(row.integer(5));
  auto decoded = decode_settings(row.text(6));
  if (!decoded) return base::fail(about_account(decoded.error(), account.id.str()));
  account.settings = std::move(decoded->settings);
  return account;
}

}  // namespace

TextTable::TextTable(Database& database, const std::string& name)
    : put_(database, "INSERT OR REPLACE INTO " + name + " (key, value) VALUES (?, ?)"),
      erase_(database, "DELETE FROM " + name + " WHERE key = ?"),
      get_(database, "SELECT value FROM " + name + " WHERE key = ?"),
      all_(database, "SELECT key, value FROM " + name) {}

void TextTable::put(std::string_view key, std::string_view value) {
  if (value.empty())
    erase_.bind(1, key).run();
  else
    put_.bind(1, key).bind(2, value).run();
}

std::string TextTable::get(std::string_view key) {
  std::string value;
  get_.bind(1, key).for_each([&](const Statement& row) { value = row.text(0); });
  return value;
}

std::map<std::string, std::string> TextTable::all() {
  std::map<std::string, std::string> values;
  all_.for_each([&](const Statement& row) { values.emplace(row.text(0), row.text(1)); });
  return values;
}

AccountTable::AccountTable(Database& database)
    : put_(database,
           "INSERT INTO account (id, address, protocol, enabled, has_password, create_time, "
           "settings) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (id) DO UPDATE SET "
           "address = ?2, protocol = ?3, enabled = ?4, has_password = ?5, create_time = ?6, "
           "settings = ?7"),
      erase_(database, "DELETE FROM account WHERE id = ?"),
      settings_(database, "SELECT settings FROM account WHERE id = ?"),
      all_(database,
           "SELECT id, address, protocol, enabled, has_password, create_time, settings "
           "FROM account ORDER BY create_time, rowid") {}

void AccountTable::put(const model::Account& account) {
  std::string unknown_lines;
  settings_.bind(1, account.id.str()).for_each([&](const Statement& row) {
    auto decoded = decode_settings(row.text(0));
    if (decoded) unknown_lines = std::move(decoded->unknown_lines);
  });
  const std::string settings = encode_settings(account.settings, unknown_lines);
  put_.bind(1, account.id.str())
      .bind(2, account.address)
      .bind(3, to_word(account.protocol))
      .bind(4, int64_t{account.enabled})
      .bind(5, int64_t{account.has_password})
      .bind(6, to_integer(account.create_time))
      .bind(7, settings)
      .run();
}

void AccountTable::erase(const model::AccountId& id) { erase_.bind(1, id.str()).run(); }

base::Result<std::vector<model::Account>> AccountTable::all() {
  base::Result<std::vector<model::Account>> accounts;
  all_.for_each([&](const Statement& row) {
    if (!accounts) return;
    auto account = read_account(row);
    if (account)
      accounts->push_back(std::move(*account));
    else
      accounts = base::fail(account.error());
  });
  return accounts;
}

EventTable::EventTable(Database& database, TextTable& meta)
    : meta_(meta),
      append_(database, "INSERT INTO event (sequence, time, bytes) VALUES (?, ?, ?)"),
      last_row_(database, "SELECT max(sequence) FROM event"),
      oldest_(database, "SELECT sequence, time FROM event ORDER BY sequence LIMIT ?"),
      prune_(database, "DELETE FROM event WHERE sequence <= ?"),
      read_(database,
            "SELECT sequence, bytes FROM event WHERE sequence > ? ORDER BY sequence LIMIT ?") {
  reload();
}

void EventTable::append(uint64_t sequence, std::string_view bytes, base::WallTime time) {
  append_.bind(1, static_cast<int64_t>(sequence)).bind(2, to_integer(time)).bind_blob(3, bytes);
  append_.run();
  last_ = std::max(last_, sequence);
  oldest_time_ = std::min(oldest_time_, time);
}

void EventTable::reload() {
  pruned_ = to_number(meta_.get(pruned_key));
  last_ = pruned_;
  oldest_time_ = base::WallTime::max();
  last_row_.for_each([&](const Statement& row) {
    last_ = std::max(last_, static_cast<uint64_t>(row.integer(0)));
  });
  oldest_.bind(1, int64_t{1}).for_each([&](const Statement& row) {
    oldest_time_ = to_time(row.integer(1));
  });
}

bool EventTable::prune_due(const EventBounds& bounds) const {
  const bool too_many = bounds.keep > 0 && last_ - pruned_ >= bounds.keep + prune_slack;
  return too_many || oldest_time_ < bounds.horizon - std::chrono::hours(1);
}

void EventTable::prune(const EventBounds& bounds) {
  const uint64_t too_old = bounds.keep > 0 && last_ > bounds.keep ? last_ - bounds.keep : 0;
  uint64_t through = pruned_;
  int64_t going = 0;
  std::optional<base::WallTime> oldest_left;
  oldest_.bind(1, prune_slice + 1).for_each([&](const Statement& row) {
    if (oldest_left) return;
    const auto sequence = static_cast<uint64_t>(row.integer(0));
    const base::WallTime time = to_time(row.integer(1));
    if (going == prune_slice || (sequence > too_old && time >= bounds.horizon)) {
      oldest_left = time;
      return;
    }
    through = sequence;
    ++going;
  });
  // Numbers may be missing where a batch failed.
  if (going < prune_slice) through = std::max(through, too_old);
  prune_.bind(1, static_cast<int64_t>(through)).run();
  meta_.put(pruned_key, std::to_string(through));
  pruned_ = through;
  oldest_time_ = oldest_left.value_or(base::WallTime::max());
}

base::Result<std::vector<ports::StoredEvent>> EventTable::read(uint64_t after, unsigned limit) {
  const uint64_t pruned = to_number(meta_.get(pruned_key));
  if (after < pruned) {
    return base::fail({base::Code::out_of_range,
                       "RESUME_TOKEN_EXPIRED",
                       "the events after " + std::to_string(after) +
                           " are no longer in the log: watch again without a token",
                       {{"after", std::to_string(after)}, {"first", std::to_string(pruned + 1)}}});
  }
  std::vector<ports::StoredEvent> events;
  const uint64_t from = std::min<uint64_t>(after, std::numeric_limits<int64_t>::max());
  read_.bind(1, static_cast<int64_t>(from)).bind(2, int64_t{limit});
  read_.for_each([&](const Statement& row) {
    events.push_back(
        {static_cast<uint64_t>(row.integer(0)), std::make_shared<const std::string>(row.text(1))});
  });
  return events;
}

}  // namespace commd::store
