// Puts one file (XEP-0363 section 6: one PUT with the whole file; it cannot be gone on with).
//
// Thread of the Web's loop.
#pragma once

#include <functional>
#include <memory>

#include "daemon/http/web.h"
#include "daemon/ports/web_files.h"

namespace commd::http {

class Upload {
 public:
  struct Told {
    std::function<void(ports::WebProgress)> progress;
    std::function<void(ports::WebEnd)> ended;  // may destroy it
  };
  // Begins at once; neither is told inside. The Web outlives it.
  Upload(Web& web, ports::WebUpload what, Told told);
  ~Upload();
  Upload(const Upload&) = delete;
  Upload& operator=(const Upload&) = delete;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace commd::http
