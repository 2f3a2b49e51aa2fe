// Opening: make, check, migrate. Everything that may refuse to start is here.
// The starting thread only.
#pragma once

#include <memory>
#include <span>
#include <string>

#include "daemon/base/result.h"
#include "daemon/store/database.h"
#include "daemon/store/schema.h"
#include "daemon/store/state_folder.h"

namespace commd::store {

// The database ready for the writer: checked, of the newest version, in WAL mode,
// marked as in use until mark_closed().
//
// A new file is made under another name and renamed when it is whole, so an empty
// or half file by the right name is always damage, never a beginning. A damaged
// file is left as it is.
//
// FAILED_PRECONDITION: STORE_DAMAGED, STORE_NEWER_VERSION; UNAVAILABLE:
// STORE_OPEN_FAILED. The messages name the remedy.
base::Result<std::unique_ptr<Database>> open_for_writing(const StateFolder& folder,
                                                         std::span<const Migration> steps);

// A further connection, which cannot change anything; throws SqliteError.
std::unique_ptr<Database> open_for_reading(const StateFolder& folder);

// Says in the file that it was closed as it should be; throws SqliteError.
void mark_closed(Database& database);

// What to do with a damaged file, as an error.
base::Error damaged_error(const StateFolder& folder, const std::string& what);

}  // namespace commd::store
