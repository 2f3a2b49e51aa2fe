#include "clients/client/event_stream.h"

#include <algorithm>
#include <random>

#include "clients/client/connection.h"
#include "clients/client/status.h"
#include "clients/client/wait_set.h"

namespace commd::client {
namespace {

// The daemon sends a checkpoint after 30 s of silence; one that is silent for longer
// than two of them is gone, whatever the socket says.
constexpr std::chrono::seconds longest_silence(75);

bool may_pass(Code code) {
  switch (code) {
    case Code::invalid_argument:
    case Code::permission_denied:
    case Code::unauthenticated:
    case Code::unimplemented:
    case Code::not_found:
    case Code::failed_precondition:
      return false;
    case Code::ok:
    case Code::cancelled:
    case Code::unknown:
    case Code::deadline_exceeded:
    case Code::already_exists:
    case Code::resource_exhausted:
    case Code::aborted:
    case Code::out_of_range:
    case Code::internal:
    case Code::unavailable:
    case Code::data_loss:
      return true;
  }
  return true;
}

}  // namespace

std::chrono::milliseconds Backoff::next(double jitter) {
  const auto whole = step_;
  step_ = std::min(step_ * 2, longest);
  const auto half = static_cast<double>(whole.count()) / 2;
  return std::chrono::milliseconds(static_cast<int64_t>(half + half * jitter));
}

class EventStream::Machine {
 public:
  Machine(const Client& client, std::string token)
      : connection_(client.connection()), token_(std::move(token)) {
    open();
  }

  int descriptor() const { return wait_.descriptor(); }
  const std::string& token() const { return token_; }

  std::optional<Item> next() {
    if (pending_) return std::exchange(pending_, std::nullopt);
    wait_.wake()->clear();  // before looking: what comes after it wakes up again
    bool silence = wait_.timer_ran_out();
    if (!reader_) {
      if (!silence) return std::nullopt;
      silence = false;  // it was the time to try again
      open();
    }
    if (auto response = reader_->take()) return received(std::move(*response));
    if (const auto status = reader_->status()) return ended(*status);
    if (silence) return silent();
    return std::nullopt;
  }

 private:
  using WatchReader = Reader<v1::WatchResponse>;

  void open() {
    request_.set_resume_token(token_);
    fresh_ = true;
    in_snapshot_ = token_.empty();
    reader_ = std::make_unique<WatchReader>(
        wait_.wake(), [this](grpc::ClientContext* context, WatchReader* reader) {
          connection_.events.async()->Watch(context, &request_, reader);
        });
    wait_.arm(longest_silence);
  }

  Item received(v1::WatchResponse response) {
    wait_.arm(longest_silence);
    backoff_.reset();
    reached_ = true;
    if (!response.resume_token().empty()) token_ = response.resume_token();
    Item item;
    item.kind = response.has_checkpoint() ? Kind::checkpoint : Kind::event;
    item.in_snapshot = in_snapshot_ && !response.has_checkpoint();
    if (response.has_checkpoint()) in_snapshot_ = false;
    item.response = std::move(response);
    const bool begins = std::exchange(fresh_, false) && request_.resume_token().empty();
    if (!begins) return item;
    pending_ = std::move(item);
    Item begin;
    begin.kind = Kind::snapshot;
    begin.error = std::exchange(expired_, std::nullopt);
    return begin;
  }

  std::optional<Item> ended(const grpc::Status& status) {
    ClientError error = status.ok()
                            ? ClientError(Code::unavailable, "", "the daemon ended the stream")
                            : error_of(status, connection_.socket);
    reader_.reset();
    if (error.reason() == "RESUME_TOKEN_EXPIRED") {
      token_.clear();
      expired_ = error;
      reached_ = true;
      open();
      return std::nullopt;
    }
    if (!may_pass(error.code())) throw error;
    if (!reached_ && error.exit_code() == ExitCode::unreachable) throw error;
    return lost(std::move(error));
  }

  Item silent() {
    reader_.reset();
    return lost(ClientError(Code::deadline_exceeded, "", "the daemon has become silent"));
  }

  Item lost(ClientError error) {
    // A snapshot that was cut has no token to go on from: it begins again.
    wait_.arm(backoff_.next(std::uniform_real_distribution<>()(random_)));
    Item item;
    item.kind = Kind::lost;
    item.error = std::move(error);
    return item;
  }

  Connection& connection_;
  std::string token_;
  WaitSet wait_;
  Backoff backoff_;
  std::minstd_rand random_{std::random_device{}()};
  v1::WatchRequest request_;
  std::optional<Item> pending_;
  std::optional<ClientError> expired_;
  bool fresh_ = true;                    // no message of this attempt came yet
  bool in_snapshot_ = false;             // before the first checkpoint
  bool reached_ = false;                 // any attempt ever got an answer
  std::unique_ptr<WatchReader> reader_;  // last: it uses the others until it is gone
};

EventStream::EventStream(const Client& client, std::string resume_token)
    : machine_(std::make_unique<Machine>(client, std::move(resume_token))) {}
EventStream::~EventStream() = default;

int EventStream::descriptor() const { return machine_->descriptor(); }
std::optional<EventStream::Item> EventStream::next() { return machine_->next(); }
const std::string& EventStream::resume_token() const { return machine_->token(); }

}  // namespace commd::client
