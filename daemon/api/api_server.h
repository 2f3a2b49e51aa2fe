// The gRPC server: all services, reflection and health, on connections that the
// daemon accepted itself.
//
// Core thread, except where said.
#pragma once

#include <chrono>
#include <functional>
#include <memory>

#include "daemon/api/file_policy.h"
#include "daemon/api/system_service.h"
#include "daemon/api/watch_hub.h"
#include "daemon/base/unique_fd.h"
#include "daemon/core/core.h"

namespace commd::api {

class ApiServer {
 public:
  // `post` hands work to the core thread. All references outlive the server.
  ApiServer(core::Core& core, std::function<void(std::function<void()>)> post,
            ports::Timers& timers, WatchHub& hub, FilePolicy files, DaemonFacts facts);
  ~ApiServer();

  // Serves a connection of a client that may use us; it must be non-blocking.
  void serve(base::UniqueFd connection);
  // Tells one that is over the limit of `clients` so, whatever it asks.
  void refuse(base::UniqueFd connection, size_t clients);

  // Answers what still waits, and what comes from now on: the daemon stops.
  void answer_all();

  // Ends all calls of the API, the last ones by force when `patience` is over.
  // Blocks, and needs the core thread to go on working: call it on another thread.
  void shut_down(std::chrono::milliseconds patience);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace commd::api
