#include "daemon/api/examine_stream.h"

#include <utility>

#include "daemon/api/convert.h"

namespace commd::api {
namespace {

constexpr size_t most_bytes = 1 << 20;

}  // namespace

ExamineStream* ExamineStream::open(const CoreAccess& core, const std::string& account) {
  const std::shared_ptr<ExamineStream> stream(new ExamineStream(core));
  stream->self_ = stream;
  core.post([stream, account] { stream->examine(account); });
  return stream.get();
}

ExamineStream::ExamineStream(const CoreAccess& core)
    : core_(core),
      queue_(
          most_bytes,
          [this](Message message, bool) {
            writing_ = std::move(message);
            StartWrite(writing_.get());
          },
          [this](const grpc::Status& status) { Finish(status); }) {}

void ExamineStream::examine(const std::string& account) {
  if (gone_) return;
  core_.core.attention().used();
  auto visit = core_.core.doctor().examine(
      account, [this](const model::Check& check) { tell(check); },
      [this] {
        examined_ = true;
        end_if_told();
      });
  if (!visit) return queue_.close(to_status(visit.error()));
  visit_ = std::move(*visit);
}

void ExamineStream::tell(const model::Check& check) {
  auto message = std::make_shared<v1::ExamineResponse>();
  to_proto(check, message->mutable_check());
  const size_t bytes = message->ByteSizeLong();
  ++told_;
  if (!queue_.push(std::move(message), bytes))
    queue_.close({grpc::StatusCode::RESOURCE_EXHAUSTED, "the client does not read"});
}

void ExamineStream::end_if_told() {
  if (examined_ && written_ == told_) queue_.close(grpc::Status::OK);
}

void ExamineStream::OnWriteDone(bool ok) {
  if (!ok) return queue_.close(grpc::Status::CANCELLED);
  queue_.written();
  core_.post([self = shared_from_this()] {
    ++self->written_;
    self->end_if_told();
  });
}

void ExamineStream::OnCancel() { queue_.close(grpc::Status::CANCELLED); }

void ExamineStream::OnDone() {
  core_.post([self = std::move(self_)] { self->leave(); });
}

void ExamineStream::leave() {
  gone_ = true;
  visit_.reset();
}

}  // namespace commd::api
