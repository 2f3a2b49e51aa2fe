// The way events leave the core.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "daemon/model/event.h"

namespace commd::ports {

// An event in the form that is stored and sent: serialised once for all watchers.
struct EncodedEvent {
  uint64_t sequence = 0;  // 0: transient, for who watches now
  // The resource it is the whole state of ("accounts/ID", "calls/ID",
  // "devices/ID"), or empty: not part of a snapshot.
  std::string key;
  // The resource is gone from the snapshot (removed, or a call that ended), and all whose
  // key begins with its key and "/".
  bool removed = false;
  std::shared_ptr<const std::string> bytes;
};

// Turns an event into bytes of the API. Core thread; pure.
class EventEncoder {
 public:
  virtual ~EventEncoder() = default;
  virtual EncodedEvent encode(const model::Event& event) = 0;
};

// Receives committed events, in sequence, and transient ones between them. Core thread; must not
// block.
class EventSink {
 public:
  virtual ~EventSink() = default;
  virtual void publish(const EncodedEvent& event) = 0;
};

}  // namespace commd::ports
