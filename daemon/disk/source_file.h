// A file of this person's that is sent. Blocks: the thread of a pool, one at a time.
#pragma once

#include <cstdint>
#include <string>

#include "daemon/base/result.h"
#include "daemon/base/time.h"
#include "daemon/base/unique_fd.h"

namespace commd::disk {

class SourceFile {
 public:
  // Ordinary files alone: no folder, no device, nothing that another can hold up.
  // FILE_NOT_FOUND, FILE_UNREADABLE, FILE_NOT_ORDINARY; `path` in the details.
  static base::Result<SourceFile> open(const std::string& path);

  uint64_t size() const { return size_; }
  base::WallTime modified() const { return modified_; }
  // Up to `most` bytes from there on; fewer only at its end. FILE_CHANGED where it has become
  // shorter than it was, FILE_UNREADABLE.
  base::Result<std::string> read(uint64_t offset, size_t most) const;
  // 32 bytes, of the whole file: reads it all.
  base::Result<std::string> sha256() const;

 private:
  SourceFile() = default;
  std::string path_;
  base::UniqueFd fd_;
  uint64_t size_ = 0;
  base::WallTime modified_{};
};

}  // namespace commd::disk
