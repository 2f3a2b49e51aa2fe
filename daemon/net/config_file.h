// Small text files of the system that may change at any time. Inside of daemon/net; one
// thread at a time.
#pragma once

#include <sys/types.h>
#include <time.h>

#include <string>
#include <string_view>
#include <utility>

namespace commd::net {

// Tells whether a file is another one than at the last question; opens nothing. A file
// that is not there is a state like any other.
class FileStamp {
 public:
  explicit FileStamp(std::string path) : path_(std::move(path)) {}
  // True at the first call.
  bool changed();
  // The content, at most 16 MiB; empty unless it was a plain file at the last changed().
  std::string read() const;

 private:
  std::string path_;
  bool seen_ = false;
  bool exists_ = false;
  dev_t device_ = 0;
  ino_t inode_ = 0;
  off_t size_ = 0;
  timespec modified_{};
};

// The next line, which `text` is cut off from.
std::string_view next_line(std::string_view& text);
// The next word of a line, which it is cut off from; empty: none.
std::string_view next_word(std::string_view& line);

}  // namespace commd::net
