// Everything that changes in the daemon, without a gap: EventService.Watch with the
// snapshot, the checkpoint and the changes, resumed by its token when the stream was
// cut (a restarted daemon, a watcher that was too slow).
//
// All on the thread of its owner, who waits on descriptor() among others and then
// takes items until there are none. Nothing here blocks, and nothing polls.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "clients/client/client.h"
#include "clients/client/error.h"
#include "commd/v1/event.pb.h"

namespace commd::client {

// Waiting times between attempts: doubled from 100 ms to 5 s, with jitter, so that
// many clients do not come back at the same moment. Any thread.
class Backoff {
 public:
  // `jitter` gives 0 to 1; each time is between half and the whole of its step.
  std::chrono::milliseconds next(double jitter);
  void reset() { step_ = first; }

  static constexpr std::chrono::milliseconds first{100};
  static constexpr std::chrono::milliseconds longest{5000};

 private:
  std::chrono::milliseconds step_ = first;
};

class EventStream {
 public:
  enum class Kind {
    // A snapshot begins: forget what you know. Also when the resume token had
    // expired, then `error` says so.
    snapshot,
    // response.event(); `in_snapshot` tells a state from a change.
    event,
    // response.checkpoint(): the first one ends the snapshot.
    checkpoint,
    // The connection is lost, `error` says why; the stream goes on by itself.
    lost,
  };
  struct Item {
    Kind kind = Kind::event;
    bool in_snapshot = false;
    v1::WatchResponse response;
    std::optional<ClientError> error;
  };

  // Starts at once. An empty token begins with a snapshot. `client` must live
  // longer.
  explicit EventStream(const Client& client, std::string resume_token = {});
  ~EventStream();
  EventStream(const EventStream&) = delete;
  EventStream& operator=(const EventStream&) = delete;

  // Readable when next() has something to do. Owned by the stream.
  int descriptor() const;

  // The next item, or nothing for now. Throws ClientError for what trying again
  // cannot mend, and when the daemon could not be reached even once.
  std::optional<Item> next();

  // The token of the last response that had one.
  const std::string& resume_token() const;

 private:
  class Machine;
  std::unique_ptr<Machine> machine_;
};

}  // namespace commd::client
