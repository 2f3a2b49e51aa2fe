// SQLite's two handles as move-free owners. Only the rooms's own files include
// this. A handle belongs to one thread at a time (opened without SQLite's mutex).
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

namespace commd::store {

// What SQLite answered; `code` is its extended result code. Thrown inside the
// room only: every public method turns it into a base::Error.
class SqliteError : public std::runtime_error {
 public:
  SqliteError(int code, const std::string& message);
  int code() const { return code_; }
  // The file is not a database or its structure is broken.
  bool is_damage() const;
  // Nothing can be written now, whatever it is: locked by another, or I/O errors.
  bool is_of_file() const;

 private:
  int code_;
};

class Database {
 public:
  // Opens an existing file for reading and writing; throws SqliteError. Waits up
  // to 1 s for another process (a person's sqlite3) that holds a lock.
  explicit Database(const std::filesystem::path& path);
  // Makes a new, empty file; throws when there is one.
  static std::unique_ptr<Database> create(const std::filesystem::path& path);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  // One or more statements without results; throws.
  void exec(const char* sql);
  // First column of the first row of a query; 0 or "" without a row.
  int64_t integer(std::string_view sql);
  std::string text(std::string_view sql);

  // False after SQLite itself rolled a transaction back (disk full, I/O error).
  bool in_transaction() const;
  // Pages in the write-ahead log after the last commit of this connection.
  int wal_pages() const { return wal_pages_; }
  // Copies the log into the database as far as no reader needs it; errors wait
  // for the next one.
  void checkpoint() noexcept;

 private:
  friend class Statement;
  Database(const std::filesystem::path& path, int flags);
  static int on_wal(void* self, sqlite3* handle, const char* name, int pages) noexcept;

  sqlite3* handle_ = nullptr;
  int wal_pages_ = 0;
};

// A prepared statement, made once and run often. Columns count from 0,
// parameters from 1, as SQLite does.
class Statement {
 public:
  Statement(Database& database, std::string_view sql);  // throws SqliteError
  ~Statement();
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  // The text is not copied: it must live until run() or for_each() returns.
  Statement& bind(int parameter, std::string_view text);
  Statement& bind(int parameter, int64_t value);
  Statement& bind_real(int parameter, double value);
  Statement& bind_blob(int parameter, std::string_view bytes);

  // Runs to the end; throws. The statement is ready for the next use either way.
  void run() {
    for_each([](const Statement&) {});
  }
  // Calls `row(*this)` for each row.
  template <class Row>
  void for_each(Row&& row) {
    const Reset reset{*this};
    while (step()) row(static_cast<const Statement&>(*this));
  }

  int64_t integer(int column) const;
  double real(int column) const;
  // Text or blob, as long as it is (NUL bytes included).
  std::string text(int column) const;

 private:
  struct Reset {
    Statement& statement;
    ~Reset() { statement.reset(); }
  };
  bool step();
  void reset() noexcept;
  void check(int code) const;

  sqlite3* database_ = nullptr;
  sqlite3_stmt* handle_ = nullptr;
};

}  // namespace commd::store
