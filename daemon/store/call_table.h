// The table `call`: every field of model::Call a column. One object a
// connection; the thread that owns the connection. Methods throw SqliteError, or
// UnknownWord for a value that a newer version wrote.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "daemon/model/call.h"
#include "daemon/ports/store.h"
#include "daemon/store/database.h"

namespace commd::store {

class UnknownWord : public std::runtime_error {
 public:
  UnknownWord(const std::string& column, const std::string& word)
      : std::runtime_error("\"" + word + "\" in column " + column) {}
};

class CallTable {
 public:
  explicit CallTable(Database& database);

  // Adds the call or replaces the one with its id.
  void put(const model::Call& call);

  // Those that have not ended, oldest first.
  std::vector<model::Call> unended();

  // Newest first. NOT_FOUND if the call `before` is not there.
  base::Result<std::vector<model::Call>> query(const ports::CallQuery& query);

  // Deletes up to 64 ended calls, oldest first, of those beyond the newest `keep`
  // (0 = no limit) and of those created before `horizon`. True if there may be more.
  bool prune(uint64_t keep, base::WallTime horizon);

 private:
  Database& database_;
  Statement put_;
  Statement unended_;
  Statement position_;
  Statement nth_newest_;
  Statement prune_;
  // Queries by their filter, made when first used.
  std::map<std::string, Statement> queries_;
};

}  // namespace commd::store
