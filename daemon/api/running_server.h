// One life of the gRPC server: all services, reflection and health, from the first
// client to the moment when the last one has been gone for a while. While none exists,
// gRPC has no thread in the process.
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

// What every server is made of; the references outlive all of them.
struct ServerParts {
  core::Core& core;
  std::function<void(std::function<void()>)> post;
  ports::Timers& timers;
  WatchHub& hub;
  FilePolicy files;
  DaemonFacts facts;
};

// Made and ended on a thread that may block, destroyed on the core thread after
// everything that it had posted; otherwise core thread only.
class RunningServer {
 public:
  explicit RunningServer(const ServerParts& parts);
  ~RunningServer();

  void serve(base::UniqueFd connection);
  // Tells one that is over the limit of `clients` so, whatever it asks.
  void refuse(base::UniqueFd connection, size_t clients);
  // Answers what still waits, and what comes from now on.
  void answer_all();

  // After answer_all(). Ends all calls, the last ones by force when `patience` is over,
  // and lets go of gRPC. Needs the core thread to go on working.
  void end(std::chrono::milliseconds patience);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace commd::api
