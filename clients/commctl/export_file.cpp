#include "clients/commctl/export_file.h"

#include <fcntl.h>
#include <google/protobuf/util/json_util.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "clients/commctl/arguments.h"
#include "commd/v1/message.pb.h"

namespace commd::commctl {
namespace {

// Longer than any line: 64 KiB of text, each byte escaped, and the rest.
constexpr off_t longest_line = 1 << 20;

[[noreturn]] void fail(const std::string& path) {
  throw std::system_error(errno, std::generic_category(), path);
}

}  // namespace

ExportFile::ExportFile(const std::string& path, Begin begin) : path_(path) {
  const int flags = O_RDWR | O_CREAT | O_CLOEXEC | (begin == Begin::anew ? O_EXCL : 0);
  file_ = client::Descriptor(::open(path.c_str(), flags, 0600));
  if (!file_ && errno == EEXIST)
    throw UsageError(path +
                     " is there already: name another file, or let --continue go on with it");
  if (!file_) fail(path);
  if (begin == Begin::where_it_ended) find_end();
}

std::string ExportFile::before(off_t end) const {
  const off_t from = std::max<off_t>(0, end - longest_line);
  std::string text(static_cast<size_t>(end - from), '\0');
  size_t got = 0;
  while (got < text.size()) {
    const ssize_t count = ::pread(file_.number(), text.data() + got, text.size() - got,
                                  from + static_cast<off_t>(got));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) fail(path_);
    got += static_cast<size_t>(count);
  }
  return text;
}

void ExportFile::find_end() {
  struct stat status {};
  if (::fstat(file_.number(), &status) != 0) fail(path_);
  if (!S_ISREG(status.st_mode)) throw UsageError(path_ + " is no file that can be gone on with");
  std::string text = before(status.st_size);
  const size_t line_end = text.rfind('\n');
  end_ = line_end == std::string::npos
             ? 0
             : status.st_size - static_cast<off_t>(text.size() - line_end - 1);
  if (line_end != std::string::npos) {
    text.resize(line_end);
    const size_t begin = text.rfind('\n') + 1;  // npos + 1 is 0
    v1::Message message;
    const auto read = google::protobuf::util::JsonStringToMessage(
        google::protobuf::StringPiece(text).substr(begin), &message);
    if (!read.ok() || message.id().empty())
      throw UsageError(path_ + " is no export of messages: its last line is none");
    last_id_ = message.id();
  } else if (!text.empty() && !text.starts_with(R"({"id":)")) {
    throw UsageError(path_ + " is no export of messages");
  }
  if (::ftruncate(file_.number(), end_) != 0) fail(path_);
  ::lseek(file_.number(), end_, SEEK_SET);
}

void ExportFile::write(std::string_view lines) {
  size_t done = 0;
  while (done < lines.size()) {
    const ssize_t count = ::write(file_.number(), lines.data() + done, lines.size() - done);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) {
      const int error = errno;
      [[maybe_unused]] const int cut = ::ftruncate(file_.number(), end_);
      errno = error;
      fail(path_);
    }
    done += static_cast<size_t>(count);
  }
  end_ += static_cast<off_t>(lines.size());
}

void ExportFile::close() {
  if (::fsync(file_.number()) != 0 && errno != EINVAL && errno != EROFS) fail(path_);
}

}  // namespace commd::commctl
