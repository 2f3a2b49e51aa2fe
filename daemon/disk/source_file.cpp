#include "daemon/disk/source_file.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "daemon/base/escape.h"
#include "daemon/disk/sha256.h"

namespace commd::disk {
namespace {

base::Error trouble(base::Code code, const char* reason, const std::string& path,
                    const std::string& words) {
  return {code, reason, base::escape_line(path) + ": " + words, {{"path", path}}};
}

base::Error unreadable(const std::string& path, int error) {
  if (error == ENOENT || error == ENOTDIR)
    return trouble(base::Code::not_found, "FILE_NOT_FOUND", path, "there is no such file");
  return trouble(base::Code::invalid_argument, "FILE_UNREADABLE", path,
                 std::string("it cannot be read: ") + std::strerror(error));
}

}  // namespace

base::Result<SourceFile> SourceFile::open(const std::string& path) {
  SourceFile file;
  file.path_ = path;
  // A pipe that nobody writes to must not stop anything.
  file.fd_.reset(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!file.fd_) return base::fail(unreadable(path, errno));
  struct stat facts {};
  if (::fstat(file.fd_.get(), &facts) != 0) return base::fail(unreadable(path, errno));
  if (!S_ISREG(facts.st_mode))
    return base::fail(trouble(base::Code::invalid_argument, "FILE_NOT_ORDINARY", path,
                              "only ordinary files can be sent"));
  file.size_ = static_cast<uint64_t>(facts.st_size);
  file.modified_ = base::WallTime(std::chrono::seconds(facts.st_mtim.tv_sec));
  return file;
}

base::Result<std::string> SourceFile::read(uint64_t offset, size_t most) const {
  std::string bytes(static_cast<size_t>(std::min<uint64_t>(most, size_ - std::min(offset, size_))),
                    '\0');
  for (size_t have = 0; have < bytes.size();) {
    const ssize_t got = ::pread(fd_.get(), bytes.data() + have, bytes.size() - have,
                                static_cast<off_t>(offset + have));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return base::fail(unreadable(path_, errno));
    if (got == 0)
      return base::fail(trouble(base::Code::aborted, "FILE_CHANGED", path_,
                                "it became shorter while it was sent; send it again"));
    have += static_cast<size_t>(got);
  }
  return bytes;
}

base::Result<std::string> SourceFile::sha256() const {
  Sha256 hash;
  for (uint64_t at = 0; at < size_;) {
    const auto bytes = read(at, 256 * 1024);
    if (!bytes) return base::fail(bytes.error());
    hash.add(*bytes);
    at += bytes->size();
  }
  return hash.value();
}

}  // namespace commd::disk
