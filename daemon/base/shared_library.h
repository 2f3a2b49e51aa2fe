// A library that is loaded when it is first of use, and stays loaded until the process ends.
//
// Any thread.
#pragma once

#include <string>

#include "daemon/base/result.h"

namespace commd::base {

class SharedLibrary {
 public:
  // `name` is that of the library's ABI ("libpulse.so.0"), not of a development package.
  explicit SharedLibrary(const char* name);

  // False when the library is not there or has no such function, which then stays as it was.
  template <class Function>
  bool find(const char* name, Function& function) {
    void* const found = symbol(name);
    if (found != nullptr) function = reinterpret_cast<Function>(found);
    return found != nullptr;
  }

  explicit operator bool() const { return handle_ != nullptr; }

 private:
  void* symbol(const char* name) const;

  void* handle_ = nullptr;
};

// UNAVAILABLE with `reason`: which packages to install, and what the loader said last in this
// thread.
Error library_missing(const char* reason, const std::string& packages);

}  // namespace commd::base
