#include "daemon/store/picture_files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "daemon/base/unique_fd.h"

namespace commd::store {
namespace {

base::Error unwritable(const std::filesystem::path& path) {
  return {base::Code::unavailable,
          "PICTURE_NOT_WRITTEN",
          "cannot write " + path.string() + ": " + std::generic_category().message(errno),
          {{"path", path.string()}}};
}

bool write_all(int fd, const std::string& bytes) {
  for (size_t at = 0; at < bytes.size();) {
    const ssize_t wrote = ::write(fd, bytes.data() + at, bytes.size() - at);
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote <= 0) return false;
    at += static_cast<size_t>(wrote);
  }
  return true;
}

// Another name first: who finds the file finds all of it.
base::Result<std::string> write_picture(const std::filesystem::path& folder,
                                        const std::string& name, const std::string& bytes) {
  if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) return base::fail(unwritable(folder));
  const std::filesystem::path path = folder / name;
  const std::filesystem::path part = folder / (name + ".part");
  ::unlink(part.c_str());
  const base::UniqueFd file(
      ::open(part.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!file || !write_all(file.get(), bytes) || ::rename(part.c_str(), path.c_str()) != 0) {
    const base::Error error = unwritable(path);
    ::unlink(part.c_str());
    return base::fail(error);
  }
  return path.string();
}

}  // namespace

PictureFiles::PictureFiles(std::filesystem::path folder,
                           std::function<void(std::function<void()>)> post, base::Logger log)
    : folder_(std::move(folder)), post_(std::move(post)), log_(std::move(log)) {
  std::error_code none;
  for (std::filesystem::directory_iterator i(folder_, none), end; !none && i != end;
       i.increment(none)) {
    const std::string hash = i->path().stem().string();
    if (model::is_picture_hash(hash) && i->path().extension() != ".part")
      names_[hash] = i->path().filename().string();
  }
}

std::string PictureFiles::find(const std::string& hash) const {
  const auto found = names_.find(hash);
  return found == names_.end() ? std::string() : (folder_ / found->second).string();
}

void PictureFiles::put(const std::string& hash, model::PictureKind kind, std::string bytes,
                       std::function<void(base::Result<std::string>)> done) {
  const std::string name = hash + "." + model::file_ending(kind);
  thread_.post([this, hash, name, bytes = std::move(bytes), done = std::move(done)] {
    auto written = write_picture(folder_, name, bytes);
    post_([this, hash, name, done, written = std::move(written)] {
      if (written)
        names_[hash] = name;
      else
        log_->warn("event: picture_not_written, message: {}", written.error().message);
      done(written);
    });
  });
}

void PictureFiles::remove(const std::string& hash) {
  const auto name = names_.extract(hash);
  if (name.empty()) return;
  thread_.post([path = folder_ / name.mapped()] { ::unlink(path.c_str()); });
}

}  // namespace commd::store
