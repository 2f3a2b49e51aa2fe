// A file that one process holds at a time (flock), so that two daemons never
// share a state folder or a socket. The kernel lets go when the holder dies, so
// there is no stale lock. Its holder removes the file at the end, under the lock; who
// had opened it by then finds out that it is the file no more (acquire()).
//
// Made and destroyed by one thread, at start and at the end.
#pragma once

#include <filesystem>

#include "daemon/base/result.h"
#include "daemon/base/unique_fd.h"

namespace commd::system {

class LockFile {
 public:
  // Errors: ALREADY_RUNNING (details: path, pid of the holder when known), and
  // those of private_files.h. The folder must be there.
  static base::Result<LockFile> acquire(const std::filesystem::path& path);

  ~LockFile();
  LockFile(LockFile&&) noexcept = default;
  LockFile& operator=(LockFile&&) = delete;

  const std::filesystem::path& path() const { return path_; }

 private:
  LockFile(std::filesystem::path path, base::UniqueFd fd);

  std::filesystem::path path_;
  base::UniqueFd fd_;
};

}  // namespace commd::system
