// Which files a client may name (SECURITY: remote clients and a site's gateway
// only below the daemon's media folder). A value; any thread that may wait for a disk, where
// there is such a folder.
#pragma once

#include <filesystem>
#include <string>

#include "daemon/base/result.h"
#include "daemon/model/audio_endpoint.h"

namespace commd::api {

class FilePolicy {
 public:
  // Any absolute path: clients are the same person as the daemon.
  FilePolicy() = default;
  // Only below `root`, with neither ".." nor links on the way out of it.
  explicit FilePolicy(std::filesystem::path root) : root_(std::move(root)) {}

  // PERMISSION_DENIED with reason PATH_NOT_ALLOWED; INVALID_ARGUMENT for a path
  // that is not absolute.
  base::Result<void> check(const std::string& path) const;
  base::Result<void> check(const model::AudioSource& source) const;
  base::Result<void> check(const model::AudioSink& sink) const;

 private:
  std::filesystem::path root_;
};

}  // namespace commd::api
