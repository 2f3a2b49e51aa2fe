#include "daemon/store/opener.h"

#include <sqlite3.h>
#include <sys/stat.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <system_error>
#include <utility>

#include "daemon/base/random.h"
#include "daemon/store/search_index.h"
#include "daemon/store/tables.h"

namespace commd::store {
namespace {

using base::Code;
using base::fail;

// Files up to this size are checked at every start (some 10 ms), greater ones only
// when the last daemon did not close them.
constexpr uintmax_t always_checked_bytes = 8U << 20U;

base::Error open_error(const StateFolder& folder, const std::string& why) {
  return {Code::unavailable,
          "STORE_OPEN_FAILED",
          "cannot open " + folder.database().string() + ": " + why,
          {{"path", folder.database().string()}, {"error", why}}};
}

// Changes with every boot of the machine; empty where the kernel does not tell.
std::string boot_id() {
  std::ifstream file("/proc/sys/kernel/random/boot_id");
  std::string id;
  std::getline(file, id);
  return id;
}

void set_modes(Database& database) {
  // Why NORMAL: docs/adr/0003-store-durability.md.
  database.exec(
      "PRAGMA synchronous = NORMAL; PRAGMA temp_store = MEMORY;"
      "PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON;"
      "PRAGMA journal_size_limit = 16777216");
}

base::Result<void> make_new(const StateFolder& folder, std::span<const Migration> steps) {
  const auto unborn = folder.unborn();
  for (const char* suffix : {"", "-journal", "-wal", "-shm"})
    std::filesystem::remove(unborn.string() + suffix);
  {
    // SQLite makes files by the umask; nobody else can enter the folder meanwhile.
    const auto database = Database::create(unborn);
    if (::chmod(unborn.c_str(), 0600) != 0)
      return fail(open_error(folder, std::generic_category().message(errno)));
    database->exec(("PRAGMA application_id = " + std::to_string(application_id)).c_str());
    if (auto migrated = migrate(*database, steps); !migrated) return migrated;
  }
  std::filesystem::rename(unborn, folder.database());
  folder.sync();
  return {};
}

base::Result<void> check_structure(const StateFolder& folder, Database& database) {
  const bool closed = TextTable(database, "meta").get("closed") == "1";
  const uintmax_t size = std::filesystem::file_size(folder.database());
  if (closed && size > always_checked_bytes) return {};
  const std::string found = database.text("PRAGMA quick_check(1)");
  if (found != "ok") return fail(damaged_error(folder, found));
  // The check does not look into the index of the history.
  if (!closed) TextTable(database, "fact").put(search_index_doubt, "not closed");
  return {};
}

// After a power cut the newest events may be gone, and their numbers are given
// again to others. A new name for the log makes every older resume token void. This
// one commit waits for the disk: what comes after it cannot be lost unnoticed.
void mark_open(Database& database) {
  TextTable meta(database, "meta");
  const std::string boot = boot_id();
  database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; BEGIN IMMEDIATE");
  const bool power_cut = meta.get("closed") != "1" && meta.get("boot_id") != boot;
  if (power_cut || meta.get("log_id").empty()) meta.put("log_id", base::random_token(16));
  meta.put("closed", "");
  meta.put("boot_id", boot);
  database.exec("COMMIT");
}

base::Result<std::unique_ptr<Database>> open_existing(const StateFolder& folder,
                                                      std::span<const Migration> steps) {
  auto database = std::make_unique<Database>(folder.database());
  if (database->integer("PRAGMA application_id") != application_id)
    return fail(damaged_error(folder, "it is not a database of commd"));
  const int64_t version = schema_version(*database);
  if (version > 0 && !steps.empty() && version <= steps.back().to) {
    if (auto checked = check_structure(folder, *database); !checked) return fail(checked.error());
  }
  if (auto migrated = migrate(*database, steps); !migrated) return fail(migrated.error());
  mark_open(*database);
  set_modes(*database);
  return database;
}

}  // namespace

base::Result<std::unique_ptr<Database>> open_for_writing(const StateFolder& folder,
                                                         std::span<const Migration> steps) {
  try {
    if (!std::filesystem::exists(folder.database())) {
      // SQLite would replay a left-over log into the new file.
      if (std::filesystem::exists(folder.log()))
        return fail(damaged_error(folder, "it is missing, but its write-ahead log is there"));
      if (auto made = make_new(folder, steps); !made) return fail(made.error());
    }
    return open_existing(folder, steps);
  } catch (const SqliteError& error) {
    // SQLITE_ERROR here means that a table or a column is missing.
    if (error.is_damage() || error.code() == SQLITE_ERROR)
      return fail(damaged_error(folder, error.what()));
    return fail(open_error(folder, error.what()));
  } catch (const std::filesystem::filesystem_error& error) {
    return fail(open_error(folder, error.what()));
  }
}

std::unique_ptr<Database> open_for_reading(const StateFolder& folder) {
  auto database = std::make_unique<Database>(folder.database());
  database->exec("PRAGMA query_only = ON; PRAGMA trusted_schema = OFF; PRAGMA cache_size = -512");
  return database;
}

void mark_closed(Database& database) { TextTable(database, "meta").put("closed", "1"); }

base::Error damaged_error(const StateFolder& folder, const std::string& what) {
  const std::string file = folder.database().string();
  // Not `sqlite3 .recover`: Debian's sqlite3 is built without what it needs.
  return {Code::failed_precondition,
          "STORE_DAMAGED",
          "the database " + file + " is damaged (" + what +
              "). commd leaves it as it is: move it aside (mv " + file + " " + file +
              ".damaged, and the same for its -wal if there is one), then put a backup in its "
              "place, or start without it and add the accounts again",
          {{"path", file}, {"damage", what}}};
}

}  // namespace commd::store
