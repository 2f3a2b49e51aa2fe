#include "daemon/api/api_server.h"

#include <grpc/grpc.h>

#include <utility>

namespace commd::api {

ApiServer::ApiServer(ServerParts parts, std::function<void()> rested)
    : parts_(std::move(parts)), rested_(std::move(rested)) {}

ApiServer::~ApiServer() = default;

void ApiServer::serve(base::UniqueFd connection) { take({std::move(connection), {}}); }

void ApiServer::refuse(base::UniqueFd connection, size_t clients) {
  take({std::move(connection), clients});
}

void ApiServer::take(Arrival arrival) {
  if (closed_) return;
  ++connections_;
  timer_.reset();
  if (phase_ == Phase::serving) return hand_over(std::move(arrival));
  waiting_.push_back(std::move(arrival));
  if (phase_ == Phase::resting) start();
}

void ApiServer::hand_over(Arrival arrival) {
  if (arrival.limit)
    server_->refuse(std::move(arrival.connection), *arrival.limit);
  else
    server_->serve(std::move(arrival.connection));
}

void ApiServer::set_connections(size_t connections) {
  connections_ = connections;
  if (phase_ == Phase::serving && connections_ > 0) timer_.reset();
  rest_if_alone();
}

void ApiServer::rest_if_alone() {
  if (phase_ != Phase::serving || connections_ > 0 || timer_) return;
  timer_ = parts_.timers.after(linger, [this] { end(std::chrono::milliseconds::zero()); });
}

void ApiServer::start() {
  phase_ = Phase::starting;
  const bool first = !std::exchange(library_, true);
  thread_.post([this, first] {
    if (first) grpc_init();
    // A job can be copied, a server cannot.
    auto server =
        std::make_shared<std::unique_ptr<RunningServer>>(std::make_unique<RunningServer>(parts_));
    parts_.post([this, server] { started(std::move(*server)); });
  });
}

void ApiServer::started(std::unique_ptr<RunningServer> server) {
  server_ = std::move(server);
  phase_ = Phase::serving;
  for (Arrival& arrival : std::exchange(waiting_, {})) hand_over(std::move(arrival));
  if (stopping_) server_->answer_all();
  if (done_) return end(patience_);
  rest_if_alone();
}

// Calls may still wait here whose clients are gone.
void ApiServer::end(std::chrono::milliseconds patience) {
  phase_ = Phase::ending;
  timer_.reset();
  server_->answer_all();
  thread_.post([this, patience, server = std::shared_ptr(std::move(server_))]() mutable {
    server->end(patience);
    // Behind all that its calls have posted.
    parts_.post([this, server = std::move(server)]() mutable {
      server.reset();
      ended();
    });
  });
}

void ApiServer::ended() {
  phase_ = Phase::resting;
  if (done_) return finish();
  if (!waiting_.empty()) return start();
  timer_ = parts_.timers.after(poller_patience, [this] { let_go(); });
}

void ApiServer::let_go() {
  timer_.reset();
  library_ = false;
  // A client that comes now starts gRPC anew, behind this.
  thread_.post([this] {
    grpc_shutdown();
    if (rested_) parts_.post(rested_);
  });
}

void ApiServer::answer_all() {
  stopping_ = true;
  if (server_) server_->answer_all();
}

void ApiServer::shut_down(std::chrono::milliseconds patience, std::function<void()> done) {
  stopping_ = true;
  closed_ = true;
  timer_.reset();
  patience_ = patience;
  done_ = std::move(done);
  switch (phase_) {
    case Phase::resting:
      parts_.post([this] { finish(); });
      break;
    case Phase::serving:
      end(patience);
      break;
    case Phase::starting:
    case Phase::ending:
      break;
  }
}

void ApiServer::finish() {
  waiting_.clear();
  if (const auto done = std::exchange(done_, nullptr)) done();
}

}  // namespace commd::api
