// How media files are opened: by absolute path, regular files only, and what we
// write is for us alone (0600). Blocks for the disk: not on a worker, not on the core.
#pragma once

#include <string>

#include "daemon/base/result.h"
#include "daemon/base/unique_fd.h"

namespace commd::engine {

// INVALID_ARGUMENT, NOT_FOUND, PERMISSION_DENIED or UNAVAILABLE (FILE_READ_FAILED).
base::Result<base::UniqueFd> open_for_reading(const std::string& path);

// A new file, or an old one emptied: only a regular file of our own, never through a
// symbolic link. Errors as above, with FILE_WRITE_FAILED.
base::Result<base::UniqueFd> create_private(const std::string& path);

}  // namespace commd::engine
