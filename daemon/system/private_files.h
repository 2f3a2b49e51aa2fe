// Folders and files that belong to one user alone: 0700 and 0600. What others
// could read or swap is refused, with words that say how to mend it.
//
// Blocking file calls: at start, or on a thread that may wait. Any thread.
// Errors: PATH_NOT_ABSOLUTE, PATH_NOT_PRIVATE, PATH_NOT_OURS, PATH_WRONG_KIND,
// PATH_UNUSABLE (the system's words are in the message).
#pragma once

#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <string_view>

#include "daemon/base/result.h"
#include "daemon/base/secret.h"

namespace commd::system {

// How private a folder must be.
struct FolderRule {
  uid_t owner = ::geteuid();
  // Every permission outside this is refused. 0750 for the folder of a gateway's
  // socket, where a group may enter.
  mode_t widest = 0700;
};

// Makes the folder and its missing parents (0700) or checks the one that is
// there. Refused: a folder of another owner or with wider permissions; a
// symbolic link that lies in a world-writable folder (anyone could have put it
// there), anywhere on the way; a parent that lets anyone replace what is in it
// (world-writable without the sticky bit).
base::Result<void> ensure_private_folder(const std::filesystem::path& folder,
                                         const FolderRule& rule = {});

// A regular file of `owner` that nobody else can touch. `fd` is of that file.
base::Result<void> check_private_file(int fd, const std::filesystem::path& path,
                                      uid_t owner = ::geteuid());

// Reads a private file of at most `max_size` bytes. A file that is not there is
// Code::not_found.
base::Result<base::Secret> read_private_file(const std::filesystem::path& path, size_t max_size);

// Replaces the file in one step (temporary file, fsync, rename, fsync of the
// folder), mode 0600: after a crash there is the old content or the new.
base::Result<void> write_private_file(const std::filesystem::path& path, std::string_view content);

// "cannot WHAT PATH: words of errno", reason PATH_UNUSABLE.
base::Error path_error(std::string_view what, const std::filesystem::path& path, int error_number);

}  // namespace commd::system
