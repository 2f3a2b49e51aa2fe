// The folder that holds the database, checked before anything in it is trusted:
// ours, closed to others, and used by one daemon at a time. A value that owns the
// lock; start and end of the daemon only.
#pragma once

#include <filesystem>

#include "daemon/base/result.h"

namespace commd::store {

class StateFolder {
 public:
  // Makes the folder (0700, parents too) where it is missing. FAILED_PRECONDITION
  // with reason STATE_NOT_PRIVATE (owner, kind or mode of the folder or of a file;
  // the message names the chmod), or STATE_IN_USE (another daemon holds it);
  // UNAVAILABLE with STORE_OPEN_FAILED when the system refuses.
  static base::Result<StateFolder> open(const std::filesystem::path& folder);

  StateFolder(StateFolder&& other) noexcept;
  StateFolder& operator=(StateFolder&&) = delete;
  ~StateFolder();

  std::filesystem::path database() const { return folder_ / "commd.db"; }
  // Where a new database is made before it gets its name.
  std::filesystem::path unborn() const { return folder_ / "commd.db.new"; }
  std::filesystem::path log() const { return folder_ / "commd.db-wal"; }

  // Makes renames in the folder survive a power cut.
  void sync() const noexcept;

 private:
  StateFolder(std::filesystem::path folder, int lock);
  std::filesystem::path folder_;
  int lock_;
};

}  // namespace commd::store
