#include "clients/client/stats_stream.h"

#include <random>

#include "clients/client/connection.h"
#include "clients/client/event_stream.h"
#include "clients/client/wait_set.h"

namespace commd::client {

class StatsStream::Machine {
 public:
  Machine(const Client& client, std::string call, std::chrono::milliseconds interval)
      : connection_(client.connection()) {
    request_.set_id(std::move(call));
    request_.mutable_interval()->set_seconds(interval.count() / 1000);
    request_.mutable_interval()->set_nanos(static_cast<int32_t>(interval.count() % 1000) * 1000000);
    open();
  }

  int descriptor() const { return wait_.descriptor(); }
  bool ended() const { return ended_; }

  std::optional<v1::CallStats> next() {
    wait_.wake()->clear();  // before looking: what comes after it wakes up again
    const bool timer = wait_.timer_ran_out();
    if (!reader_) {
      if (!timer) return std::nullopt;
      open();
    }
    if (auto response = reader_->take()) {
      backoff_.reset();
      return std::move(*response->mutable_stats());
    }
    if (const auto status = reader_->status()) close(*status);
    return std::nullopt;
  }

 private:
  using StatsReader = Reader<v1::AttachCallResponse>;

  void open() {
    reader_ = std::make_unique<StatsReader>(
        wait_.wake(), [this](grpc::ClientContext* context, StatsReader* reader) {
          connection_.calls.async()->AttachCall(context, &request_, reader);
        });
  }

  // Whatever cut it off, it is attached again before the daemon gives the call up;
  // the call's own end comes by the event stream.
  void close(const grpc::Status& status) {
    reader_.reset();
    ended_ = status.error_code() == grpc::StatusCode::NOT_FOUND ||
             status.error_code() == grpc::StatusCode::FAILED_PRECONDITION ||
             status.error_code() == grpc::StatusCode::INVALID_ARGUMENT ||
             status.error_code() == grpc::StatusCode::UNIMPLEMENTED;
    if (!ended_) wait_.arm(backoff_.next(std::uniform_real_distribution<>()(random_)));
  }

  Connection& connection_;
  v1::AttachCallRequest request_;
  WaitSet wait_;
  Backoff backoff_;
  std::minstd_rand random_{std::random_device{}()};
  bool ended_ = false;
  std::unique_ptr<StatsReader> reader_;  // last: it uses the others until it is gone
};

StatsStream::StatsStream(const Client& client, std::string call, std::chrono::milliseconds interval)
    : machine_(std::make_unique<Machine>(client, std::move(call), interval)) {}
StatsStream::~StatsStream() = default;

int StatsStream::descriptor() const { return machine_->descriptor(); }
std::optional<v1::CallStats> StatsStream::next() { return machine_->next(); }
bool StatsStream::ended() const { return machine_->ended(); }

}  // namespace commd::client
