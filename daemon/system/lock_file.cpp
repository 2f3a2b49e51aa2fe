#include "daemon/system/lock_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <string>
#include <utility>

#include "daemon/system/private_files.h"

namespace commd::system {
namespace {

namespace fs = std::filesystem;
using base::Code;
using base::fail;
using base::Result;
using base::UniqueFd;

// The holder writes its pid and a line break; anything else is no pid.
long read_pid(int fd) {
  std::array<char, 24> text{};
  const ssize_t n = ::pread(fd, text.data(), text.size(), 0);
  long pid = 0;
  if (n > 0) std::from_chars(text.data(), text.data() + n, pid);
  return pid > 0 ? pid : 0;
}

base::Error already_running(const fs::path& path, long pid) {
  base::Error error;
  error.code = Code::already_exists;
  error.reason = "ALREADY_RUNNING";
  error.message = "another commd";
  if (pid > 0) error.message += " (process " + std::to_string(pid) + ")";
  error.message +=
      " holds " + path.string() + "; stop it, or give this one its own --state-dir and --socket";
  error.details["path"] = path.string();
  if (pid > 0) error.details["pid"] = std::to_string(pid);
  return error;
}

// Whether `path` is still the file that was opened.
bool same_file(int fd, const fs::path& path) {
  struct stat opened {};
  struct stat named {};
  return ::fstat(fd, &opened) == 0 && ::lstat(path.c_str(), &named) == 0 &&
         opened.st_dev == named.st_dev && opened.st_ino == named.st_ino;
}

}  // namespace

LockFile::LockFile(fs::path path, UniqueFd fd) : path_(std::move(path)), fd_(std::move(fd)) {}

LockFile::~LockFile() {
  if (fd_ && same_file(fd_.get(), path_)) ::unlink(path_.c_str());
}

Result<LockFile> LockFile::acquire(const fs::path& path) {
  for (;;) {
    UniqueFd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, 0600));
    if (!fd) return fail(path_error("open the lock", path, errno));
    if (auto ok = check_private_file(fd.get(), path); !ok) return tl::unexpected(ok.error());
    if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
      if (errno == EWOULDBLOCK) return fail(already_running(path, read_pid(fd.get())));
      return fail(path_error("lock", path, errno));
    }
    // Someone removed the file between open and lock: what we hold is nobody's.
    if (!same_file(fd.get(), path)) continue;
    LockFile lock(path, std::move(fd));
    const std::string pid = std::to_string(::getpid()) + "\n";
    if (::ftruncate(lock.fd_.get(), 0) != 0 ||
        ::pwrite(lock.fd_.get(), pid.data(), pid.size(), 0) != static_cast<ssize_t>(pid.size()))
      return fail(path_error("write", path, errno));
    return lock;
  }
}

}  // namespace commd::system
