// Waiting for a router, on a thread that may wait: never longer than was said, and not a moment
// longer once it is called off.
//
// One thread at a time, but for CallOff::now().
#pragma once

#include <atomic>
#include <chrono>
#include <string>
#include <string_view>

#include "daemon/base/result.h"
#include "daemon/base/time.h"
#include "daemon/base/unique_fd.h"
#include "daemon/http/url.h"

namespace commd::upnp {

// Ends what waits, from another thread. What waits afterwards does, for what is still to be done.
class CallOff {
 public:
  CallOff();
  void now();
  // Whether now() was called.
  bool called() const { return called_.load(); }
  // Readable from now() to take().
  int fd() const { return event_.get(); }
  void take();

 private:
  base::UniqueFd event_;
  std::atomic<bool> called_{false};
};

class Patience {
 public:
  Patience(const CallOff& off, std::chrono::milliseconds time)
      : off_(off), until_(std::chrono::steady_clock::now() + time) {}

  // Until the socket can be read (POLLIN) or written (POLLOUT). False: it is over.
  bool wait(int fd, short events) const;
  bool over() const { return std::chrono::steady_clock::now() >= until_; }

 private:
  const CallOff& off_;
  base::MonoTime until_;
};

struct Response {
  unsigned status = 0;
  std::string body;
};

inline constexpr size_t most_response_bytes = 64 * 1024;

// One request and its response, from `local_ip` to an address literal. `head` is what follows the
// line of the request and Host, each line with its end. Errors: IGD_UNREACHABLE, IGD_SILENT, those
// of http::ResponseReader.
base::Result<Response> exchange(const std::string& local_ip, const http::Url& place,
                                std::string_view method, std::string_view head,
                                std::string_view body, const Patience& patience);

}  // namespace commd::upnp
