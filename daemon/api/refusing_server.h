// Answers every call of a connection over the limit with RESOURCE_EXHAUSTED,
// LIMIT_REACHED: a client that is turned away is told why, in the words of the API.
//
// Core thread, except where said. The gate ends such connections after moments.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>

#include "daemon/base/unique_fd.h"

namespace commd::api {

class RefusingServer {
 public:
  RefusingServer();
  ~RefusingServer();

  // `limit`: the clients that are served, for the words.
  void serve(base::UniqueFd connection, size_t limit);
  // Blocks; any thread.
  void shut_down(std::chrono::milliseconds patience);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace commd::api
