#include "daemon/store/database.h"

#include <sqlite3.h>

namespace commd::store {

SqliteError::SqliteError(int code, const std::string& message)
    : std::runtime_error(message), code_(code) {}

bool SqliteError::is_damage() const {
  const int primary = code_ & 0xff;
  return primary == SQLITE_CORRUPT || primary == SQLITE_NOTADB;
}

bool SqliteError::is_of_file() const {
  const int primary = code_ & 0xff;
  return primary == SQLITE_BUSY || primary == SQLITE_IOERR || primary == SQLITE_READONLY ||
         is_damage();
}

Database::Database(const std::filesystem::path& path) : Database(path, SQLITE_OPEN_READWRITE) {}

std::unique_ptr<Database> Database::create(const std::filesystem::path& path) {
  return std::unique_ptr<Database>(
      new Database(path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_EXCLUSIVE));
}

Database::Database(const std::filesystem::path& path, int flags) {
  const int code = sqlite3_open_v2(path.c_str(), &handle_,
                                   flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nullptr);
  if (code != SQLITE_OK) {
    const std::string message = handle_ ? sqlite3_errmsg(handle_) : sqlite3_errstr(code);
    sqlite3_close(handle_);
    throw SqliteError(code, message);
  }
  sqlite3_busy_timeout(handle_, 1000);
  // Replaces the automatic checkpoint, which would make a commit wait for fsync.
  sqlite3_wal_hook(handle_, &Database::on_wal, this);
}

Database::~Database() { sqlite3_close(handle_); }

void Database::exec(const char* sql) {
  const int code = sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) throw SqliteError(code, sqlite3_errmsg(handle_));
}

int64_t Database::integer(std::string_view sql) {
  int64_t value = 0;
  Statement(*this, sql).for_each([&](const Statement& row) { value = row.integer(0); });
  return value;
}

std::string Database::text(std::string_view sql) {
  std::string value;
  Statement(*this, sql).for_each([&](const Statement& row) { value = row.text(0); });
  return value;
}

bool Database::in_transaction() const { return sqlite3_get_autocommit(handle_) == 0; }

void Database::checkpoint() noexcept {
  sqlite3_wal_checkpoint_v2(handle_, nullptr, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
  wal_pages_ = 0;
}

int Database::on_wal(void* self, sqlite3*, const char*, int pages) noexcept {
  static_cast<Database*>(self)->wal_pages_ = pages;
  return SQLITE_OK;
}

Statement::Statement(Database& database, std::string_view sql) : database_(database.handle_) {
  check(sqlite3_prepare_v3(database_, sql.data(), static_cast<int>(sql.size()),
                           SQLITE_PREPARE_PERSISTENT, &handle_, nullptr));
}

Statement::~Statement() { sqlite3_finalize(handle_); }

Statement& Statement::bind(int parameter, std::string_view text) {
  // A null pointer would bind NULL.
  const char* data = text.data() ? text.data() : "";
  check(sqlite3_bind_text64(handle_, parameter, data, text.size(), SQLITE_STATIC, SQLITE_UTF8));
  return *this;
}

Statement& Statement::bind(int parameter, int64_t value) {
  check(sqlite3_bind_int64(handle_, parameter, value));
  return *this;
}

Statement& Statement::bind_real(int parameter, double value) {
  check(sqlite3_bind_double(handle_, parameter, value));
  return *this;
}

Statement& Statement::bind_blob(int parameter, std::string_view bytes) {
  const char* data = bytes.data() ? bytes.data() : "";
  check(sqlite3_bind_blob64(handle_, parameter, data, bytes.size(), SQLITE_STATIC));
  return *this;
}

bool Statement::step() {
  const int code = sqlite3_step(handle_);
  if (code == SQLITE_ROW) return true;
  if (code != SQLITE_DONE) check(code);
  return false;
}

void Statement::reset() noexcept {
  sqlite3_reset(handle_);
  sqlite3_clear_bindings(handle_);
}

void Statement::check(int code) const {
  if (code != SQLITE_OK) throw SqliteError(code, sqlite3_errmsg(database_));
}

int64_t Statement::integer(int column) const { return sqlite3_column_int64(handle_, column); }

double Statement::real(int column) const { return sqlite3_column_double(handle_, column); }

std::string Statement::text(int column) const {
  const auto* data = static_cast<const char*>(sqlite3_column_blob(handle_, column));
  const int size = sqlite3_column_bytes(handle_, column);
  return data ? std::string(data, static_cast<size_t>(size)) : std::string();
}

}  // namespace commd::store
