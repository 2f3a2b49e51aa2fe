// The tables and how they came to be: one step a schema version. A new file takes
// every step from nothing, an old one those that it lacks, so both end the same.
// A step that was released is never changed.
#pragma once

#include <functional>
#include <span>

#include "daemon/base/result.h"
#include "daemon/store/database.h"

namespace commd::store {

// Brings a database from version `to - 1` to `to`; throws SqliteError.
struct Migration {
  int to = 0;
  std::function<void(Database&)> apply;
};

// Ours, in order, from 1 to the newest. A number that is missing was never released.
std::span<const Migration> migrations();

// PRAGMA application_id of our files ("COMD"), so that no other program's
// database is taken for ours.
inline constexpr int64_t application_id = 0x434f4d44;

// The version is PRAGMA user_version: 0 = no table yet.
int64_t schema_version(Database& database);

// Takes the steps that are missing, all in one transaction: done whole or not at
// all. FAILED_PRECONDITION with reason STORE_NEWER_VERSION if the file is beyond
// the last step. Throws SqliteError if a step fails; the file is then unchanged.
base::Result<void> migrate(Database& database, std::span<const Migration> steps);

}  // namespace commd::store
