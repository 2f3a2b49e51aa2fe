#include "daemon/system/private_files.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstring>
#include <deque>
#include <system_error>

#include "daemon/base/random.h"
#include "daemon/base/unique_fd.h"

namespace commd::system {
namespace {

namespace fs = std::filesystem;
using base::Code;
using base::fail;
using base::Result;
using base::UniqueFd;

// The kernel's own bound on symbolic links of one path.
constexpr int max_links = 40;

std::string octal(mode_t mode) {
  std::array<char, 8> text{};
  std::snprintf(text.data(), text.size(), "%04o", static_cast<unsigned>(mode & 07777));
  return text.data();
}

std::deque<std::string> components_of(const fs::path& path) {
  std::deque<std::string> components;
  for (const fs::path& part : path.relative_path())
    if (!part.empty() && part != ".") components.push_back(part.string());
  return components;
}

// Walks a path from the root, one folder at a time by descriptor, so that nothing
// can be swapped between a check and its use.
class FolderWalk {
 public:
  explicit FolderWalk(const fs::path& target)
      : target_(target), todo_(components_of(target)), here_path_("/") {}

  // Ends with the descriptor of the folder itself.
  Result<UniqueFd> run() {
    if (auto ok = open_root(); !ok) return tl::unexpected(ok.error());
    while (!todo_.empty()) {
      const std::string name = todo_.front();
      todo_.pop_front();
      if (auto ok = step(name); !ok) return tl::unexpected(ok.error());
    }
    return std::move(here_);
  }

 private:
  Result<void> open_root() {
    here_path_ = "/";
    here_.reset(::open("/", O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!here_) return fail(path_error("open", here_path_, errno));
    return {};
  }

  Result<void> step(const std::string& name) {
    struct stat parent {};
    if (::fstat(here_.get(), &parent) != 0) return fail(path_error("examine", here_path_, errno));
    const bool anyone_writes = (parent.st_mode & S_IWOTH) != 0;
    if (anyone_writes && (parent.st_mode & S_ISVTX) == 0) return parent_open_to_all();

    const fs::path next_path = here_path_ / name;
    UniqueFd next(open_one(name));
    if (!next && errno == ENOENT) {
      if (::mkdirat(here_.get(), name.c_str(), 0700) != 0 && errno != EEXIST)
        return fail(path_error("create the folder", next_path, errno));
      next.reset(open_one(name));
    }
    if (!next) return fail(path_error("open", next_path, errno));
    struct stat info {};
    if (::fstat(next.get(), &info) != 0) return fail(path_error("examine", next_path, errno));
    if (S_ISLNK(info.st_mode)) return follow(next.get(), next_path, anyone_writes);
    if (!S_ISDIR(info.st_mode))
      return fail(Code::failed_precondition, "PATH_WRONG_KIND",
                  next_path.string() + " is not a folder; commd needs " + target_.string());
    here_ = std::move(next);
    here_path_ = next_path;
    return {};
  }

  int open_one(const std::string& name) const {
    return ::openat(here_.get(), name.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC);
  }

  Result<void> follow(int link_fd, const fs::path& link, bool anyone_writes) {
    if (anyone_writes)
      return fail(Code::failed_precondition, "PATH_NOT_PRIVATE",
                  link.string() +
                      " is a symbolic link in a folder that anyone may write; "
                      "remove it, or name the real folder");
    if (++links_ > max_links) return fail(path_error("follow", link, ELOOP));
    std::array<char, PATH_MAX> text{};
    const ssize_t n = ::readlinkat(link_fd, "", text.data(), text.size());
    if (n <= 0) return fail(path_error("follow", link, n == 0 ? ENOENT : errno));
    const fs::path goal(std::string(text.data(), static_cast<size_t>(n)));
    const auto parts = components_of(goal);
    todo_.insert(todo_.begin(), parts.begin(), parts.end());
    return goal.is_absolute() ? open_root() : Result<void>{};
  }

  Result<void> parent_open_to_all() const {
    return fail(Code::failed_precondition, "PATH_NOT_PRIVATE",
                "anyone may replace what is in " + here_path_.string() +
                    " (it is world-writable without the sticky bit); use another place or run: "
                    "chmod o-w " +
                    here_path_.string());
  }

  const fs::path target_;
  std::deque<std::string> todo_;
  fs::path here_path_;
  UniqueFd here_;
  int links_ = 0;
};

// The owner and the permissions of what `info` describes.
Result<void> check_owner_and_mode(const struct stat& info, const fs::path& path, uid_t owner,
                                  mode_t widest) {
  if (info.st_uid != owner)
    return fail(Code::failed_precondition, "PATH_NOT_OURS",
                path.string() + " belongs to user " + std::to_string(info.st_uid) +
                    ", but commd runs as user " + std::to_string(owner) +
                    "; give it another place or run: chown " + std::to_string(owner) + " " +
                    path.string());
  const mode_t extra = info.st_mode & 0777 & ~widest;
  if (extra != 0)
    return fail(Code::failed_precondition, "PATH_NOT_PRIVATE",
                path.string() + " has mode " + octal(info.st_mode) +
                    ", so that others can reach it; run: chmod " + octal(widest).substr(1) + " " +
                    path.string());
  return {};
}

Result<void> write_all(int fd, std::string_view content, const fs::path& path) {
  while (!content.empty()) {
    const ssize_t n = ::write(fd, content.data(), content.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return fail(path_error("write", path, n == 0 ? EIO : errno));
    content.remove_prefix(static_cast<size_t>(n));
  }
  return {};
}

Result<void> sync_folder_of(const fs::path& path) {
  const UniqueFd folder(::open(path.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder || ::fsync(folder.get()) != 0)
    return fail(path_error("write", path.parent_path(), errno));
  return {};
}

}  // namespace

base::Error path_error(std::string_view what, const fs::path& path, int error_number) {
  base::Error error{Code::failed_precondition,
                    "PATH_UNUSABLE",
                    "cannot " + std::string(what) + " " + path.string() + ": " +
                        std::generic_category().message(error_number),
                    {}};
  error.details["path"] = path.string();
  return error;
}

Result<void> ensure_private_folder(const fs::path& folder, const FolderRule& rule) {
  if (!folder.is_absolute())
    return fail(Code::invalid_argument, "PATH_NOT_ABSOLUTE",
                "\"" + folder.string() + "\" is not an absolute path");
  auto fd = FolderWalk(folder).run();
  if (!fd) return tl::unexpected(fd.error());
  struct stat info {};
  if (::fstat(fd->get(), &info) != 0) return fail(path_error("examine", folder, errno));
  return check_owner_and_mode(info, folder, rule.owner, rule.widest);
}

Result<void> check_private_file(int fd, const fs::path& path, uid_t owner) {
  struct stat info {};
  if (::fstat(fd, &info) != 0) return fail(path_error("examine", path, errno));
  if (!S_ISREG(info.st_mode))
    return fail(Code::failed_precondition, "PATH_WRONG_KIND",
                path.string() + " is not a regular file; remove it");
  return check_owner_and_mode(info, path, owner, 0600);
}

Result<base::Secret> read_private_file(const fs::path& path, size_t max_size) {
  // Non-blocking, so that a FIFO in its place cannot hold us.
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK));
  if (!fd) {
    base::Error error = path_error("read", path, errno);
    if (errno == ENOENT) error.code = Code::not_found;
    return fail(std::move(error));
  }
  if (auto ok = check_private_file(fd.get(), path); !ok) return tl::unexpected(ok.error());
  std::string content(max_size + 1, '\0');
  size_t size = 0;
  while (size < content.size()) {
    const ssize_t n = ::read(fd.get(), content.data() + size, content.size() - size);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fail(path_error("read", path, errno));
    if (n == 0) break;
    size += static_cast<size_t>(n);
  }
  base::Secret secret(std::string_view(content).substr(0, size));
  base::wipe_memory(content.data(), content.size());
  if (size > max_size) return fail(path_error("read", path, EFBIG));
  return secret;
}

Result<void> write_private_file(const fs::path& path, std::string_view content) {
  const fs::path temporary = path.string() + "." + base::random_token(8) + ".tmp";
  UniqueFd fd(
      ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!fd) return fail(path_error("create", temporary, errno));
  Result<void> done = write_all(fd.get(), content, temporary);
  if (done && ::fsync(fd.get()) != 0) done = fail(path_error("write", temporary, errno));
  fd.reset();
  if (done && ::rename(temporary.c_str(), path.c_str()) != 0)
    done = fail(path_error("replace", path, errno));
  if (!done) {
    ::unlink(temporary.c_str());
    return done;
  }
  return sync_folder_of(path);
}

}  // namespace commd::system
