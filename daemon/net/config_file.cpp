#include "daemon/net/config_file.h"

#include <sys/stat.h>

#include <algorithm>
#include <fstream>

namespace commd::net {
namespace {

// Lists of blocked names have grown to some megabytes in /etc/hosts.
constexpr size_t max_file = 16 * 1024 * 1024;
constexpr std::string_view blanks = " \t\r\f\v";

bool same_time(const timespec& a, const timespec& b) {
  return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

}  // namespace

bool FileStamp::changed() {
  struct stat now {};
  // Anything but a plain file could make a reader wait.
  const bool exists = ::stat(path_.c_str(), &now) == 0 && S_ISREG(now.st_mode);
  const bool same = seen_ && exists == exists_ &&
                    (!exists || (now.st_dev == device_ && now.st_ino == inode_ &&
                                 now.st_size == size_ && same_time(now.st_mtim, modified_)));
  seen_ = true;
  exists_ = exists;
  device_ = now.st_dev;
  inode_ = now.st_ino;
  size_ = now.st_size;
  modified_ = now.st_mtim;
  return !same;
}

std::string FileStamp::read() const {
  std::string text;
  if (!exists_) return text;
  std::ifstream file(path_, std::ios::binary);
  for (char buffer[65536]; text.size() < max_file;) {
    file.read(buffer, sizeof buffer);
    if (file.gcount() <= 0) break;
    text.append(buffer, static_cast<size_t>(file.gcount()));
  }
  return text;
}

std::string_view next_line(std::string_view& text) {
  const size_t end = std::min(text.find('\n'), text.size());
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return line;
}

std::string_view next_word(std::string_view& line) {
  const size_t start = std::min(line.find_first_not_of(blanks), line.size());
  const size_t end = std::min(line.find_first_of(blanks, start), line.size());
  const std::string_view word = line.substr(start, end - start);
  line.remove_prefix(end);
  return word;
}

}  // namespace commd::net
