#include "daemon/store/state_folder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <string>
#include <system_error>
#include <utility>

namespace commd::store {
namespace {

using base::Code;
using base::fail;
using std::filesystem::path;

tl::unexpected<base::Error> system_error(const path& at, const std::string& doing) {
  const std::string why = std::generic_category().message(errno);
  return fail({Code::unavailable,
               "STORE_OPEN_FAILED",
               "cannot " + doing + " " + at.string() + ": " + why,
               {{"path", at.string()}, {"error", why}}});
}

tl::unexpected<base::Error> not_private(const path& at, const std::string& what) {
  return fail({Code::failed_precondition,
               "STATE_NOT_PRIVATE",
               at.string() + " " + what,
               {{"path", at.string()}}});
}

std::string octal(mode_t mode) {
  char text[8];
  std::snprintf(text, sizeof text, "%04o", static_cast<unsigned>(mode & 07777));
  return text;
}

// `wanted` is the widest mode: 0700 for the folder, 0600 for a file.
base::Result<void> check_private(const path& at, const struct stat& status, mode_t wanted) {
  if (status.st_uid != ::geteuid()) {
    return not_private(at, "belongs to user " + std::to_string(status.st_uid) +
                               ", not to the user who runs commd (" + std::to_string(::geteuid()) +
                               "): change its owner with chown");
  }
  if ((status.st_mode & 07777 & ~wanted) != 0) {
    return not_private(at, "is open to others (mode " + octal(status.st_mode) + "): run chmod " +
                               octal(wanted) + " " + at.string());
  }
  return {};
}

base::Result<void> check_folder(const path& folder) {
  struct stat status {};
  if (::stat(folder.c_str(), &status) != 0) return system_error(folder, "look at");
  if (!S_ISDIR(status.st_mode)) return not_private(folder, "is not a folder");
  return check_private(folder, status, 0700);
}

base::Result<void> check_file(const path& file) {
  struct stat status {};
  if (::lstat(file.c_str(), &status) != 0) {
    if (errno == ENOENT) return {};
    return system_error(file, "look at");
  }
  if (!S_ISREG(status.st_mode)) return not_private(file, "is not a regular file");
  return check_private(file, status, 0600);
}

}  // namespace

base::Result<StateFolder> StateFolder::open(const path& folder) {
  std::error_code error;
  if (folder.has_parent_path()) std::filesystem::create_directories(folder.parent_path(), error);
  if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST)
    return system_error(folder, "make the folder");
  if (auto checked = check_folder(folder); !checked) return fail(checked.error());
  for (const char* name : {"commd.db", "commd.db-wal", "commd.db-shm", "commd.db.lock"})
    if (auto checked = check_file(folder / name); !checked) return fail(checked.error());

  const path lock_file = folder / "commd.db.lock";
  const int lock = ::open(lock_file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (lock < 0) return system_error(lock_file, "open");
  StateFolder state(folder, lock);
  if (::flock(lock, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return system_error(lock_file, "lock");
    return fail({Code::failed_precondition,
                 "STATE_IN_USE",
                 "another commd uses " + folder.string() +
                     ": stop it, or start this one with another --state-dir",
                 {{"path", folder.string()}}});
  }
  return state;
}

StateFolder::StateFolder(path folder, int lock) : folder_(std::move(folder)), lock_(lock) {}

StateFolder::StateFolder(StateFolder&& other) noexcept
    : folder_(std::move(other.folder_)), lock_(std::exchange(other.lock_, -1)) {}

StateFolder::~StateFolder() {
  if (lock_ >= 0) ::close(lock_);
}

void StateFolder::sync() const noexcept {
  const int fd = ::open(folder_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return;
  ::fsync(fd);
  ::close(fd);
}

}  // namespace commd::store
