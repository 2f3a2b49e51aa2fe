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

// Whether create_private() would do, as far as that can be told without touching the
// file or its folder. Errors as above.
base::Result<void> check_creatable(const std::string& path);

// What a file was named for: capture and playback of a call, or its play and record.
enum class FileField { capture, playback, played, recorded };
// The error with the name of the request's field and what can be done about it.
base::Error for_field(base::Error error, FileField field);

}  // namespace commd::engine
