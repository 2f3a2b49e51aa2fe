#include "media/engine/private_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace commd::engine {
namespace {

using base::fail;
using base::Result;
using base::UniqueFd;

constexpr mode_t owner_only = 0600;

base::Error file_error(const std::string& path, int error, const char* reason) {
  base::Error result{
      base::Code::unavailable, reason, path + ": " + std::strerror(error), {{"path", path}}};
  if (error == ENOENT || error == ENOTDIR) {
    result.code = base::Code::not_found;
    result.reason = "FILE_NOT_FOUND";
  } else if (error == EACCES || error == EPERM || error == ELOOP || error == EROFS) {
    result.code = base::Code::permission_denied;
    result.reason = "FILE_PERMISSION_DENIED";
  }
  return result;
}

Result<void> check_path(const std::string& path) {
  if (path.empty() || path.front() != '/' || path.find('\0') != std::string::npos)
    return fail(base::invalid_argument("path", "a file is named by its absolute path"));
  return {};
}

// What open() says of folders, and of named pipes without a reader.
bool is_special(int error) { return error == EISDIR || error == ENXIO; }

base::Error not_ours(const std::string& path) {
  return {base::Code::permission_denied,
          "FILE_PERMISSION_DENIED",
          path + " exists and is not a regular file of this user; it is left alone",
          {{"path", path}}};
}

struct FieldWords {
  const char* name;
  const char* remedy;
};

FieldWords words_of(FileField field) {
  switch (field) {
    case FileField::capture:
      return {"capture", "name a .wav file that can be read, or default, none, tone:HZ"};
    case FileField::playback:
      return {"playback", "name a .wav file in a folder that can be written, or default, none"};
    case FileField::played:
      return {"path", "name a .wav file that can be read"};
    case FileField::recorded:
      return {"path", "name a .wav or .ogg file in a folder that can be written"};
  }
  return {"path", "name another file"};
}

}  // namespace

base::Error for_field(base::Error error, FileField field) {
  const FieldWords words = words_of(field);
  error.message = std::string(words.name) + ": " + error.message + "; " + words.remedy;
  error.details["field"] = words.name;
  return error;
}

Result<UniqueFd> open_for_reading(const std::string& path) {
  if (auto valid = check_path(path); !valid) return fail(valid.error());
  // Non-blocking, since opening a named pipe would wait for its writer.
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!fd) return fail(file_error(path, errno, "FILE_READ_FAILED"));
  struct stat status {};
  if (::fstat(fd.get(), &status) != 0) return fail(file_error(path, errno, "FILE_READ_FAILED"));
  if (!S_ISREG(status.st_mode))
    return fail(base::invalid_argument("path", path + " is not a regular file"));
  return fd;
}

Result<UniqueFd> create_private(const std::string& path) {
  if (auto valid = check_path(path); !valid) return fail(valid.error());
  constexpr int flags = O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK;
  UniqueFd fd(::open(path.c_str(), flags | O_CREAT | O_EXCL, owner_only));
  if (fd) return fd;
  if (errno != EEXIST) return fail(file_error(path, errno, "FILE_WRITE_FAILED"));
  fd.reset(::open(path.c_str(), flags));
  if (!fd && is_special(errno)) return fail(not_ours(path));
  if (!fd) return fail(file_error(path, errno, "FILE_WRITE_FAILED"));
  struct stat status {};
  if (::fstat(fd.get(), &status) != 0) return fail(file_error(path, errno, "FILE_WRITE_FAILED"));
  if (!S_ISREG(status.st_mode) || status.st_uid != ::geteuid()) return fail(not_ours(path));
  if (::fchmod(fd.get(), owner_only) != 0 || ::ftruncate(fd.get(), 0) != 0)
    return fail(file_error(path, errno, "FILE_WRITE_FAILED"));
  return fd;
}

Result<void> check_creatable(const std::string& path) {
  if (auto valid = check_path(path); !valid) return fail(valid.error());
  const UniqueFd fd(
      ::open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK));
  if (fd) {
    struct stat status {};
    if (::fstat(fd.get(), &status) != 0) return fail(file_error(path, errno, "FILE_WRITE_FAILED"));
    if (!S_ISREG(status.st_mode) || status.st_uid != ::geteuid()) return fail(not_ours(path));
    return {};
  }
  if (is_special(errno)) return fail(not_ours(path));
  if (errno != ENOENT) return fail(file_error(path, errno, "FILE_WRITE_FAILED"));
  const std::string folder = path.substr(0, std::max<size_t>(path.rfind('/'), 1));
  struct stat status {};
  if (::stat(folder.c_str(), &status) != 0)
    return fail(file_error(folder, errno, "FILE_WRITE_FAILED"));
  if (!S_ISDIR(status.st_mode)) return fail(file_error(folder, ENOTDIR, "FILE_WRITE_FAILED"));
  if (::faccessat(AT_FDCWD, folder.c_str(), W_OK | X_OK, AT_EACCESS) != 0)
    return fail(file_error(folder, errno, "FILE_WRITE_FAILED"));
  return {};
}

}  // namespace commd::engine
