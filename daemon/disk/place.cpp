#include "daemon/disk/place.h"

#include <sys/stat.h>

namespace commd::disk {

Place place_of(const std::string& to) {
  struct stat facts {};
  const bool is_folder =
      to.ends_with('/') || (::stat(to.c_str(), &facts) == 0 && S_ISDIR(facts.st_mode));
  if (is_folder) return {to, {}};
  const size_t slash = to.rfind('/');
  return {to.substr(0, slash == 0 ? 1 : slash), to.substr(slash + 1)};
}

}  // namespace commd::disk
