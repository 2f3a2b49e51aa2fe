// One request and its response, on a connection of its own. What the far end may waste is
// bounded: its head comes within 30 s, something within every 30 s, and 16 KiB within every
// minute.
//
// Thread of the Web's loop. No callback comes inside the call that asked for it, nor after the
// exchange is gone; each may destroy it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "daemon/base/result.h"
#include "daemon/http/response_reader.h"
#include "daemon/http/url.h"
#include "daemon/http/web.h"

namespace commd::http {

struct Request {
  std::string method = "GET";
  Url url;
  // Neither Host nor what frames the message. Names and values as is_field() wants them.
  std::vector<std::pair<std::string, std::string>> fields;
  uint64_t body_size = 0;
  std::string ca_file;        // empty: the system's authorities
  uint64_t most_body = 0;     // of the response
  bool others_alone = false;  // as net::ConnectOptions has it
};

// A field that cannot end its line, or begin another (RFC 9110 section 5.5): 1 to 128 letters
// of a token, and at most 8 KiB of printable text.
bool is_field(std::string_view name, std::string_view value);

class Exchange {
 public:
  using More = std::function<void()>;
  struct Handlers {
    // Once; false: what follows is not wanted, and done() comes at once.
    std::function<bool(const ResponseHead&)> head;
    // A piece of the body; the next one comes when `more` was called, once.
    std::function<void(std::string bytes, More more)> body;
    // The next piece of the request's body, at most that long; not empty before all was given.
    std::function<void(size_t most, std::function<void(base::Result<std::string>)>)> source;
    // The end; errors: of net::connect_any() and net::start_tls(), of ResponseReader,
    // HTTP_TIMEOUT, CONNECTION_LOST, of the source.
    std::function<void(base::Result<void>)> done;
  };

  // Begins at once. The Web outlives it.
  Exchange(Web& web, Request request, Handlers handlers);
  ~Exchange();
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace commd::http
