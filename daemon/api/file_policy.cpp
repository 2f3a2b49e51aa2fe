#include "daemon/api/file_policy.h"

#include <algorithm>
#include <system_error>

namespace commd::api {

base::Result<void> FilePolicy::check(const std::string& text) const {
  const std::filesystem::path path(text);
  if (!path.is_absolute() || text.size() > 4096 || text.find('\0') != std::string::npos)
    return base::fail(base::invalid_argument("path", "a file is named by its absolute path"));
  if (root_.empty()) return {};
  std::error_code error;
  const std::filesystem::path real = std::filesystem::weakly_canonical(path, error);
  const std::filesystem::path root = std::filesystem::weakly_canonical(root_, error);
  const bool below =
      !error &&
      std::mismatch(root.begin(), root.end(), real.begin(), real.end()).first == root.end() &&
      real != root;
  if (below) return {};
  base::Error denied{base::Code::permission_denied,
                     "PATH_NOT_ALLOWED",
                     "this daemon reads and writes files only below " + root_.string(),
                     {}};
  denied.details["folder"] = root_.string();
  return base::fail(denied);
}

base::Result<void> FilePolicy::check(const model::AudioSource& source) const {
  if (source.kind != model::AudioSource::Kind::file) return {};
  return check(source.name);
}

base::Result<void> FilePolicy::check(const model::AudioSink& sink) const {
  if (sink.kind != model::AudioSink::Kind::file) return {};
  return check(sink.name);
}

}  // namespace commd::api
