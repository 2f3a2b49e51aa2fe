// The API's server, which exists only while somebody uses it: gRPC's own threads wake
// several times a second, and an idle daemon wakes nobody. A client that comes while
// there is none waits for some milliseconds until there is one; no client ever sees
// that one ends.
//
//   resting -> starting -> serving -> ending -> resting
//
// gRPC itself is let go only some time later. Whoever lets go of it waits for its pollers,
// and one that was started for a client that did not read ends by its own timeout alone
// (run_poller of gRPC's tcp_posix.cc, 10 s).
//
// Core thread only. Whatever of gRPC may block is done on a thread of its own.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "daemon/api/running_server.h"
#include "daemon/loop/pool.h"

namespace commd::api {

class ApiServer {
 public:
  // `parts.post` hands work to the core thread. `rested` is called when all of gRPC has
  // ended and what it needed is free again.
  explicit ApiServer(ServerParts parts, std::function<void()> rested = {});
  ApiServer(const ApiServer&) = delete;
  ApiServer& operator=(const ApiServer&) = delete;
  // After shut_down(); any thread.
  ~ApiServer();

  // Serves a connection of a client that may use us; it must be non-blocking.
  void serve(base::UniqueFd connection);
  // Tells one that is over the limit of `clients` so, whatever it asks.
  void refuse(base::UniqueFd connection, size_t clients);
  // How many of those that came by serve() and refuse() are still there. Each that
  // comes counts by itself; without any the server ends after `linger`.
  void set_connections(size_t connections);

  // Answers what still waits, and what comes from now on: the daemon stops.
  void answer_all();
  // Ends all calls of the API, the last ones by force when `patience` is over; `done` is
  // called once, later. Nothing is served after it.
  void shut_down(std::chrono::milliseconds patience, std::function<void()> done);

  // There is a server, or there will be.
  bool awake() const { return phase_ != Phase::resting; }
  // Threads of gRPC may be there.
  bool holds_grpc() const { return library_; }

  // So long the server outlives its last client: a script that calls commctl again and
  // again finds it.
  static constexpr std::chrono::seconds linger{5};
  // So long gRPC outlives its server: more than a poller of it may take to end.
  static constexpr std::chrono::seconds poller_patience{11};

 private:
  enum class Phase { resting, starting, serving, ending };
  struct Arrival {
    base::UniqueFd connection;
    std::optional<size_t> limit;  // to be refused
  };

  void take(Arrival arrival);
  void hand_over(Arrival arrival);
  void start();
  void started(std::unique_ptr<RunningServer> server);
  void rest_if_alone();
  void end(std::chrono::milliseconds patience);
  void ended();
  void let_go();
  void finish();

  const ServerParts parts_;
  const std::function<void()> rested_;
  Phase phase_ = Phase::resting;
  std::unique_ptr<RunningServer> server_;  // while serving
  std::vector<Arrival> waiting_;           // for a server that starts
  size_t connections_ = 0;
  // A reference of our own (grpc_init): the server's end must not be gRPC's.
  bool library_ = false;
  ports::TimerHandle timer_;  // of the linger or of the patience
  bool stopping_ = false;
  bool closed_ = false;
  std::chrono::milliseconds patience_{0};
  std::function<void()> done_;  // of shut_down()
  loop::Pool thread_{"api", 1};
};

}  // namespace commd::api
