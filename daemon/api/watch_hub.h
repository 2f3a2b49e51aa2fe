// The watch streams: published events go to every one of them, new ones get their
// snapshot or what they missed first.
//
// Core thread only, except the streams' own reactions.
#pragma once

#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/server_callback.h>

#include <functional>
#include <memory>
#include <set>
#include <string>

#include "daemon/core/event_log.h"
#include "daemon/loop/handoff_queue.h"
#include "daemon/ports/event_sink.h"
#include "daemon/ports/timers.h"

namespace commd::api {

class WatchHub;

// One Watch stream. Writes ready-made bytes: an event is serialised once for all.
// Reactions come on gRPC's threads, all else is done on the core thread. It owns
// itself until gRPC is done with it and the hub has let go.
class WatchStream final : public grpc::ServerWriteReactor<grpc::ByteBuffer>,
                          public std::enable_shared_from_this<WatchStream> {
 public:
  static WatchStream* open(WatchHub& hub, std::function<void(std::function<void()>)> post,
                           std::string resume_token);

  void OnWriteDone(bool ok) override;
  void OnCancel() override;
  void OnDone() override;

  // At most this much waits unread (4 MiB). A snapshot counts little: its bytes are
  // the event log's own, shared by all watchers, and there are only as many of them
  // as live resources.
  static constexpr size_t max_backlog_bytes = 4 << 20;

 private:
  friend class WatchHub;
  WatchStream(WatchHub& hub, std::function<void(std::function<void()>)> post);
  // `bytes` of it count against the backlog; a stream that is over it ends.
  void send(grpc::ByteBuffer message, size_t bytes);
  // The same for a stream that catches up: false when it has to read first.
  bool offer(grpc::ByteBuffer message, size_t bytes);
  void end(const grpc::Status& status);

  WatchHub& hub_;
  std::function<void(std::function<void()>)> post_;
  std::shared_ptr<WatchStream> self_;
  loop::HandoffQueue<grpc::ByteBuffer, grpc::Status> queue_;
  grpc::ByteBuffer writing_;
  // Core thread. `catching_up`: behind the log's head, fed page by page whenever
  // its queue has run empty.
  bool catching_up_ = false;
  bool reading_ = false;
  bool gone_ = false;
  uint64_t position_ = 0;
  uint64_t reading_to_ = 0;  // the log's head when the read under way began
};

class WatchHub final : public ports::EventSink {
 public:
  // `max_watchers`: more are refused with RESOURCE_EXHAUSTED, LIMIT_REACHED.
  WatchHub(ports::Timers& timers, unsigned max_watchers);

  // Before the first event; the log outlives the hub's last use.
  void attach(core::EventLog& log) { log_ = &log; }
  // Is told how many watch whenever that changes; before the first one.
  void set_audience(std::function<void(size_t)> told) { audience_ = std::move(told); }
  // From now on; watchers that are there stay.
  void set_max_watchers(unsigned max_watchers) { max_watchers_ = max_watchers; }
  size_t watchers() const { return streams_.size(); }

  void publish(const ports::EncodedEvent& event) override;
  // Ends every stream: the daemon stops.
  void shut_down();

 private:
  friend class WatchStream;
  using StreamPtr = std::shared_ptr<WatchStream>;
  void join(const StreamPtr& stream, const std::string& resume_token);
  void enter(const StreamPtr& stream);
  void leave(const StreamPtr& stream);
  void drained(const StreamPtr& stream);
  void read_more(const StreamPtr& stream);
  void fed(const StreamPtr& stream, base::Result<std::vector<ports::StoredEvent>> events);
  void send_snapshot(const StreamPtr& stream);
  grpc::ByteBuffer with_token(uint64_t sequence, const grpc::Slice& event) const;
  grpc::ByteBuffer checkpoint() const;
  void arm_heartbeat();

  ports::Timers& timers_;
  unsigned max_watchers_;
  core::EventLog* log_ = nullptr;
  std::function<void(size_t)> audience_ = [](size_t) {};
  std::set<StreamPtr> streams_;
  // Events since the last heartbeat: a checkpoint is due only if there were none.
  bool quiet_ = true;
  bool stopping_ = false;
  ports::TimerHandle heartbeat_;
};

}  // namespace commd::api
