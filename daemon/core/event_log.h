// The event log's head: numbers every change, has it committed, then published.
//
// It also keeps the last published state of every live resource in its encoded
// form, which is the snapshot a new watcher gets: nothing is encoded twice, and a
// snapshot never shows what is not committed yet.
//
// Core thread only.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "daemon/base/log.h"
#include "daemon/base/thread_check.h"
#include "daemon/ports/clock.h"
#include "daemon/ports/event_sink.h"
#include "daemon/ports/store.h"

namespace commd::core {

class EventLog {
 public:
  using Committed = std::function<void(base::Result<void>)>;

  EventLog(ports::Store& store, ports::EventEncoder& encoder, ports::EventSink& sink,
           const ports::Clock& clock, base::Logger logger);

  // Continues the log of the last run.
  void restore(const ports::StoredState& state);

  // Commits the event together with `changes`, then publishes it. `committed` is
  // called after that. A disk that cannot be written does not stop calls: the
  // event is published all the same, the failure is told by write_problem() and by
  // `committed`.
  void emit(model::EventBody body, std::vector<ports::Change> changes = {},
            Committed committed = {});

  // Tells who watches now, and nobody else: not stored, in no snapshot, without a number.
  // It keeps its place: what was emitted before is published before.
  void tell(model::EventBody body);
  // Puts a resource into the snapshot as it was when the last run ended: nothing has
  // changed, so there is no event. At start only.
  void show(model::EventBody body);

  // Keeps a small fact; no event.
  void remember(const std::string& key, const std::string& value);

  // Keeps what is of no interest to watchers; no event.
  void keep(std::vector<ports::Change> changes);

  // The live resources as last published, in the order of their last change.
  std::vector<ports::EncodedEvent> snapshot() const;
  uint64_t published_sequence() const { return published_; }
  const std::string& log_id() const { return log_id_; }
  // Events after `sequence` from the store, see ports::Store::read_events.
  void read(uint64_t after, unsigned limit,
            std::function<void(base::Result<std::vector<ports::StoredEvent>>)> done);
  // Empty while the store can be written.
  const std::string& write_problem() const { return write_problem_; }

 private:
  void publish(const ports::EncodedEvent& event);
  void publish_told();
  void remove(const std::string& key);

  ports::Store& store_;
  ports::EventEncoder& encoder_;
  ports::EventSink& sink_;
  const ports::Clock& clock_;
  base::Logger logger_;
  base::ThreadCheck thread_;
  std::string log_id_;
  uint64_t assigned_ = 0;
  uint64_t published_ = 0;
  std::string write_problem_;
  std::map<std::string, ports::EncodedEvent> view_;
  // Told while others were on their way to the disk, and the number of the last of those.
  std::deque<std::pair<uint64_t, ports::EncodedEvent>> told_;
};

}  // namespace commd::core
