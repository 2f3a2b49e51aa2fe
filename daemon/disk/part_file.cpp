#include "daemon/disk/part_file.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "daemon/base/escape.h"
#include "daemon/disk/safe_name.h"

namespace commd::disk {
namespace {

constexpr uint64_t left_for_others = 16 << 20;
constexpr unsigned most_numbers = 10000;

base::Error trouble(base::Code code, const char* reason, const std::string& path,
                    const std::string& words) {
  return {code, reason, base::escape_line(path) + ": " + words, {{"path", path}}};
}

base::Error disk_full(const std::string& path) {
  return trouble(base::Code::resource_exhausted, "DISK_FULL", path,
                 "there is not enough room on its disk; make some, or name another folder");
}

base::Error write_error(const std::string& path, int error) {
  if (error == ENOSPC || error == EDQUOT) return disk_full(path);
  if (error == ENOENT)
    return trouble(base::Code::not_found, "FILE_NOT_FOUND", path, "there is no such file");
  return trouble(base::Code::failed_precondition, "FILE_NOT_WRITABLE", path,
                 std::string("it cannot be written: ") + std::strerror(error));
}

std::string joined(const std::string& folder, const std::string& name) {
  return folder.ends_with('/') ? folder + name : folder + "/" + name;
}

// Never over what is there. Not every file system can rename so; then by a second name.
int rename_new(const std::string& from, const std::string& to) {
  if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) return 0;
  if (errno != EINVAL && errno != ENOSYS) return errno;
  if (::link(from.c_str(), to.c_str()) != 0) return errno;
  ::unlink(from.c_str());
  return 0;
}

}  // namespace

base::Result<PartFile> PartFile::create(const std::string& folder, const std::string& name,
                                        const std::string& token) {
  PartFile file;
  file.folder_ = folder;
  file.name_ = name;
  file.path_ = joined(folder, name + "." + token + ".part");
  std::filesystem::path bare(folder);
  if (!bare.has_filename()) bare = bare.parent_path();
  if (::mkdir(bare.c_str(), 0700) != 0 && errno == ENOENT) {
    ::mkdir(bare.parent_path().c_str(), 0700);
    ::mkdir(bare.c_str(), 0700);
  }
  struct stat facts {};
  if (::stat(bare.c_str(), &facts) != 0)
    return base::fail(trouble(base::Code::failed_precondition, "FOLDER_UNUSABLE", folder,
                              std::string("the folder cannot be made: ") + std::strerror(errno)));
  file.fd_.reset(::open(file.path_.c_str(), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                        S_IRUSR | S_IWUSR));
  if (file.fd_) return file;
  if (errno == ENOENT || errno == ENOTDIR || errno == EACCES || errno == EROFS)
    return base::fail(trouble(base::Code::failed_precondition, "FOLDER_UNUSABLE", folder,
                              std::string("nothing can be stored in it: ") + std::strerror(errno)));
  return base::fail(write_error(file.path_, errno));
}

base::Result<PartFile> PartFile::open(const std::string& path, const std::string& name) {
  PartFile file;
  file.path_ = path;
  file.name_ = name;
  const size_t slash = path.rfind('/');
  file.folder_ = slash == std::string::npos ? "." : path.substr(0, slash == 0 ? 1 : slash);
  file.fd_.reset(::open(path.c_str(), O_RDWR | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK));
  if (!file.fd_) return base::fail(write_error(path, errno));
  struct stat facts {};
  if (::fstat(file.fd_.get(), &facts) != 0) return base::fail(write_error(path, errno));
  if (!S_ISREG(facts.st_mode)) return base::fail(write_error(path, ENOTSUP));
  file.size_ = static_cast<uint64_t>(facts.st_size);
  if (const auto read = file.rehash(); !read) return base::fail(read.error());
  return file;
}

base::Result<void> PartFile::rehash() {
  hash_.restart();
  std::string bytes(256 * 1024, '\0');
  for (uint64_t at = 0; at < size_;) {
    const size_t wanted = static_cast<size_t>(std::min<uint64_t>(bytes.size(), size_ - at));
    const ssize_t got = ::pread(fd_.get(), bytes.data(), wanted, static_cast<off_t>(at));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return base::fail(write_error(path_, got == 0 ? EIO : errno));
    hash_.add(std::string_view(bytes).substr(0, static_cast<size_t>(got)));
    at += static_cast<uint64_t>(got);
  }
  return {};
}

base::Result<void> PartFile::room_for(uint64_t bytes) const {
  struct statvfs facts {};
  if (::fstatvfs(fd_.get(), &facts) != 0) return {};  // writing will tell
  const uint64_t free = static_cast<uint64_t>(facts.f_bavail) * facts.f_frsize;
  if (free < left_for_others || free - left_for_others < bytes) return base::fail(disk_full(path_));
  return {};
}

base::Result<void> PartFile::write(std::string_view bytes) {
  for (std::string_view rest = bytes; !rest.empty();) {
    const ssize_t put = ::pwrite(fd_.get(), rest.data(), rest.size(), static_cast<off_t>(size_));
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return base::fail(write_error(path_, errno));
    hash_.add(rest.substr(0, static_cast<size_t>(put)));
    size_ += static_cast<uint64_t>(put);
    rest.remove_prefix(static_cast<size_t>(put));
  }
  return {};
}

base::Result<void> PartFile::cut(uint64_t size) {
  if (size >= size_) return {};
  if (::ftruncate(fd_.get(), static_cast<off_t>(size)) != 0)
    return base::fail(write_error(path_, errno));
  size_ = size;
  return rehash();
}

base::Result<std::string> PartFile::finish() {
  if (::fsync(fd_.get()) != 0) return base::fail(write_error(path_, errno));
  for (unsigned number = 1; number < most_numbers; ++number) {
    std::string whole = joined(folder_, numbered_name(name_, number));
    const int error = rename_new(path_, whole);
    if (error == 0) {
      path_ = whole;
      return whole;
    }
    if (error != EEXIST) return base::fail(write_error(whole, error));
  }
  return base::fail(write_error(joined(folder_, name_), EEXIST));
}

void PartFile::remove() {
  ::unlink(path_.c_str());
  fd_.reset();
}

}  // namespace commd::disk
