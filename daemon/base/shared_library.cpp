#include "daemon/base/shared_library.h"

#include <dlfcn.h>

namespace commd::base {

SharedLibrary::SharedLibrary(const char* name) : handle_(::dlopen(name, RTLD_NOW | RTLD_LOCAL)) {}

void* SharedLibrary::symbol(const char* name) const {
  return handle_ == nullptr ? nullptr : ::dlsym(handle_, name);
}

Error library_missing(const char* reason, const std::string& packages) {
  const char* said = ::dlerror();
  return {Code::unavailable,
          reason,
          "install " + packages + ": " + (said == nullptr ? "not found" : said),
          {}};
}

}  // namespace commd::base
