#include "daemon/api/attach_stream.h"

#include "daemon/api/convert.h"

namespace commd::api {

AttachStream* AttachStream::open(const CoreAccess& core, ports::Timers& timers,
                                 const std::string& call, std::chrono::milliseconds interval) {
  const std::shared_ptr<AttachStream> stream(new AttachStream(core, timers, interval));
  stream->self_ = stream;
  core.post([stream, call] { stream->attach(call); });
  return stream.get();
}

AttachStream::AttachStream(const CoreAccess& core, ports::Timers& timers,
                           std::chrono::milliseconds interval)
    : core_(core),
      timers_(timers),
      interval_(interval),
      queue_(
          1 << 20,
          [this](Message message, bool) {
            writing_ = std::move(message);
            StartWrite(writing_.get());
          },
          [this](const grpc::Status& status) { Finish(status); }) {}

void AttachStream::attach(const std::string& reference) {
  if (gone_) return;
  const auto call = core_.core.calls().attach(reference);
  if (!call) return queue_.close(to_status(call.error()));
  call_ = *call;
  ask();
}

void AttachStream::ask() {
  timer_.reset();
  core_.core.calls().stats(
      call_.str(), [self = shared_from_this()](base::Result<std::vector<core::CallStatsOf>> stats) {
        self->send(std::move(stats));
      });
}

void AttachStream::send(base::Result<std::vector<core::CallStatsOf>> stats) {
  if (gone_) return;
  if (!stats || stats->empty()) return queue_.close(grpc::Status::OK);
  auto message = std::make_shared<v1::AttachCallResponse>();
  to_proto(stats->front(), message->mutable_stats());
  // A client that does not read misses figures, never the end.
  [[maybe_unused]] const bool queued = queue_.push(std::move(message), 512);
  core_.core.calls().get(call_.str(), [self = shared_from_this()](base::Result<model::Call> call) {
    if (!call || !model::is_live(*call)) return self->queue_.close(grpc::Status::OK);
    self->timer_ = self->timers_.after(self->interval_, [raw = self.get()] { raw->ask(); });
  });
}

void AttachStream::OnWriteDone(bool ok) {
  if (ok)
    queue_.written();
  else
    queue_.close(grpc::Status::CANCELLED);
}

void AttachStream::OnCancel() { queue_.close(grpc::Status::CANCELLED); }

void AttachStream::OnDone() {
  core_.post([self = std::move(self_)] { self->leave(); });
}

void AttachStream::leave() {
  gone_ = true;
  timer_.reset();
  if (call_) core_.core.calls().detach(call_);
}

}  // namespace commd::api
