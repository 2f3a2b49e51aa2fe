// A file that is being received: "NAME.TOKEN.part" in its folder until it is whole, then NAME,
// or "NAME (2)" where there is one: nothing is ever overwritten.
//
// Blocks: the thread of a pool, one at a time.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "daemon/base/result.h"
#include "daemon/base/unique_fd.h"
#include "daemon/disk/sha256.h"

namespace commd::disk {

class PartFile {
 public:
  // `name`: as safe_file_name() gives it; `token`: letters and digits. Makes the folder, and
  // the one above it. The file is this person's alone (0600).
  // Errors: FOLDER_UNUSABLE (failed_precondition), DISK_FULL (resource_exhausted),
  // FILE_NOT_WRITABLE; `path` in the details.
  static base::Result<PartFile> create(const std::string& folder, const std::string& name,
                                       const std::string& token);
  // One of before, to go on with it: reads all of it. `path`: as path() gave it. FILE_NOT_FOUND,
  // FILE_NOT_WRITABLE, also for what is no ordinary file.
  static base::Result<PartFile> open(const std::string& path, const std::string& name);

  const std::string& path() const { return path_; }
  uint64_t size() const { return size_; }
  // DISK_FULL where there is less than that, and 16 MiB for the others, left.
  base::Result<void> room_for(uint64_t bytes) const;
  // Appends.
  base::Result<void> write(std::string_view bytes);
  // From there on what is in it is thrown away; nothing where it is not that long.
  base::Result<void> cut(uint64_t size);
  // Of what is in it, 32 bytes.
  std::string sha256() const { return hash_.value(); }
  // It is whole: on disk, and under its name, which is returned with its folder. Once.
  base::Result<std::string> finish();
  // Throws it away.
  void remove();

 private:
  PartFile() = default;
  base::Result<void> rehash();
  std::string path_, folder_, name_;
  base::UniqueFd fd_;
  uint64_t size_ = 0;
  Sha256 hash_;
};

}  // namespace commd::disk
