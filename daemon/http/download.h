// Fetches one file: follows redirects, goes on where it was cut, and gives it its name when it
// is whole.
//
// Thread of the Web's loop.
#pragma once

#include <functional>
#include <memory>

#include "daemon/http/web.h"
#include "daemon/ports/web_files.h"

namespace commd::http {

class Download {
 public:
  static constexpr unsigned most_redirects = 5;
  // In a row without anything new; each waits twice as long as the one before, from 1 s.
  static constexpr unsigned most_attempts = 5;
  // From the start, as what is there cannot be gone on with.
  static constexpr unsigned most_restarts = 3;

  struct Told {
    std::function<void(ports::WebProgress)> progress;
    std::function<void(ports::WebEnd)> ended;  // may destroy it
  };
  // Begins at once; neither is told inside. The Web outlives it.
  Download(Web& web, ports::WebDownload what, Told told);
  // What has come stays.
  ~Download();
  Download(const Download&) = delete;
  Download& operator=(const Download&) = delete;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace commd::http
