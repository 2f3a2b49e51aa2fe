#include "daemon/api/watch_hub.h"

#include <algorithm>
#include <utility>

#include "commd/v1/event.pb.h"
#include "daemon/api/resume_token.h"
#include "daemon/api/status.h"

namespace commd::api {
namespace {

constexpr unsigned page_size = 256;
// What an entry of a queue costs beside bytes that are shared.
constexpr size_t entry_bytes = 64;
constexpr auto heartbeat_interval = std::chrono::seconds(30);

grpc::Slice slice_of(const v1::WatchResponse& response) {
  return grpc::Slice(response.SerializeAsString());
}

grpc::Slice slice_of(const std::shared_ptr<const std::string>& bytes) {
  // The slice keeps the shared bytes alive; nothing is copied for any watcher.
  auto* keeper = new std::shared_ptr<const std::string>(bytes);
  return grpc::Slice(
      const_cast<char*>(bytes->data()), bytes->size(),
      [](void* user_data) { delete static_cast<std::shared_ptr<const std::string>*>(user_data); },
      keeper);
}

base::Error slow_watcher() {
  return {base::Code::resource_exhausted,
          "SLOW_WATCHER",
          "more than 4 MiB of events waited unread; watch again from the last token",
          {}};
}

}  // namespace

// ---- WatchStream -----------------------------------------------------------------

WatchStream* WatchStream::open(WatchHub& hub, std::function<void(std::function<void()>)> post,
                               std::string resume_token) {
  const std::shared_ptr<WatchStream> stream(new WatchStream(hub, std::move(post)));
  stream->self_ = stream;
  stream->post_([stream, token = std::move(resume_token)] { stream->hub_.join(stream, token); });
  return stream.get();
}

WatchStream::WatchStream(WatchHub& hub, std::function<void(std::function<void()>)> post)
    : hub_(hub),
      post_(std::move(post)),
      queue_(
          max_backlog_bytes,
          [this](grpc::ByteBuffer message, bool more) {
            writing_.Swap(&message);
            grpc::WriteOptions options;
            // Several events share a write to the socket while more wait.
            if (more) options.set_buffer_hint();
            StartWrite(&writing_, options);
          },
          [this](const grpc::Status& status) { Finish(status); }) {}

void WatchStream::OnWriteDone(bool ok) {
  if (!ok) return queue_.close(grpc::Status::CANCELLED);
  if (queue_.written()) post_([self = shared_from_this()] { self->hub_.drained(self); });
}

void WatchStream::OnCancel() { queue_.close(grpc::Status::CANCELLED); }

void WatchStream::OnDone() {
  post_([self = std::move(self_)] { self->hub_.leave(self); });
}

void WatchStream::send(grpc::ByteBuffer message, size_t bytes) {
  if (!queue_.push(std::move(message), bytes)) end(to_status(slow_watcher()));
}

bool WatchStream::offer(grpc::ByteBuffer message, size_t bytes) {
  return queue_.push(std::move(message), bytes);
}

void WatchStream::end(const grpc::Status& status) { queue_.close(status); }

// ---- WatchHub --------------------------------------------------------------------

WatchHub::WatchHub(ports::Timers& timers, unsigned max_watchers)
    : timers_(timers), max_watchers_(max_watchers) {}

grpc::ByteBuffer WatchHub::with_token(uint64_t sequence, const grpc::Slice& event) const {
  v1::WatchResponse prefix;
  prefix.set_resume_token(make_resume_token(log_->log_id(), sequence));
  const grpc::Slice slices[] = {slice_of(prefix), event};
  return {slices, 2};
}

grpc::ByteBuffer WatchHub::checkpoint() const {
  v1::WatchResponse response;
  response.set_resume_token(make_resume_token(log_->log_id(), log_->published_sequence()));
  response.mutable_checkpoint()->set_sequence(log_->published_sequence());
  const grpc::Slice slice = slice_of(response);
  return {&slice, 1};
}

void WatchHub::join(const StreamPtr& stream, const std::string& resume_token) {
  if (stream->gone_) return;
  if (stopping_) return stream->end(to_status(daemon_stopping()));
  if (streams_.size() >= max_watchers_)
    return stream->end(to_status({base::Code::resource_exhausted,
                                  "LIMIT_REACHED",
                                  "too many watchers; see [limits] watchers",
                                  {}}));
  if (resume_token.empty()) {
    enter(stream);
    send_snapshot(stream);
    return arm_heartbeat();
  }
  const auto sequence = parse_resume_token(resume_token, log_->log_id());
  if (!sequence) return stream->end(to_status(sequence.error()));
  if (*sequence > log_->published_sequence())
    return stream->end(
        to_status({base::Code::out_of_range,
                   "RESUME_TOKEN_EXPIRED",
                   "the token is ahead of this event log; watch again without a token",
                   {}}));
  enter(stream);
  stream->position_ = *sequence;
  stream->catching_up_ = true;
  read_more(stream);
  arm_heartbeat();
}

void WatchHub::enter(const StreamPtr& stream) {
  streams_.insert(stream);
  audience_(streams_.size());
}

void WatchHub::send_snapshot(const StreamPtr& stream) {
  for (const ports::EncodedEvent& event : log_->snapshot()) {
    const grpc::Slice slice = slice_of(event.bytes);
    stream->send({&slice, 1}, entry_bytes);
  }
  stream->send(checkpoint(), entry_bytes);
}

void WatchHub::drained(const StreamPtr& stream) {
  if (!stream->gone_ && stream->catching_up_) read_more(stream);
}

void WatchHub::read_more(const StreamPtr& stream) {
  if (stream->position_ >= log_->published_sequence()) {
    // Level with the head, on the core thread: nothing can slip in between.
    stream->catching_up_ = false;
    return stream->send(checkpoint(), entry_bytes);
  }
  if (std::exchange(stream->reading_, true)) return;
  stream->reading_to_ = log_->published_sequence();
  log_->read(stream->position_, page_size,
             [this, stream](base::Result<std::vector<ports::StoredEvent>> events) {
               stream->reading_ = false;
               if (!stream->gone_) fed(stream, std::move(events));
             });
}

void WatchHub::fed(const StreamPtr& stream, base::Result<std::vector<ports::StoredEvent>> events) {
  if (!events) return stream->end(to_status(events.error()));
  bool sent = false;
  for (const ports::StoredEvent& event : *events) {
    // Not what is committed but not published yet: that comes by publish().
    if (event.sequence > log_->published_sequence()) break;
    // What does not fit is read again when the client has read what did.
    if (!stream->offer(with_token(event.sequence, slice_of(event.bytes)), event.bytes->size()))
      return;
    stream->position_ = event.sequence;
    sent = true;
  }
  // A gap up to the head of then (events that could not be written): what was
  // published since may well be there.
  if (!sent) {
    stream->position_ = std::max(stream->position_, stream->reading_to_);
    read_more(stream);
  }
}

void WatchHub::publish(const ports::EncodedEvent& event) {
  const bool transient = event.sequence == 0;
  // A token is worth more than a word that somebody types: it does not count as one.
  if (!transient) quiet_ = false;
  if (streams_.empty()) return;
  const grpc::Slice slice = slice_of(event.bytes);
  const grpc::ByteBuffer message =
      transient ? grpc::ByteBuffer(&slice, 1) : with_token(event.sequence, slice);
  const size_t bytes = message.Length();
  for (const StreamPtr& stream : streams_)
    if (!stream->catching_up_) stream->send(message, bytes);
}

void WatchHub::leave(const StreamPtr& stream) {
  stream->gone_ = true;
  if (streams_.erase(stream) > 0) audience_(streams_.size());
  if (streams_.empty()) heartbeat_.reset();
}

// One timer for all, and only while somebody watches.
void WatchHub::arm_heartbeat() {
  if (heartbeat_ || streams_.empty()) return;
  quiet_ = true;
  heartbeat_ = timers_.after(heartbeat_interval, [this] {
    heartbeat_.reset();
    if (quiet_) {
      const grpc::ByteBuffer message = checkpoint();
      for (const StreamPtr& stream : streams_)
        if (!stream->catching_up_) stream->send(message, entry_bytes);
    }
    arm_heartbeat();
  });
}

void WatchHub::shut_down() {
  stopping_ = true;
  heartbeat_.reset();
  for (const StreamPtr& stream : streams_) stream->end(to_status(daemon_stopping()));
}

}  // namespace commd::api
