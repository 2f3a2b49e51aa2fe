// Events as the bytes that are stored and sent: a WatchResponse that has its
// `event` field only. What differs between watchers, the resume token, is put in
// front of the same bytes when they are sent (fields of a message may be
// concatenated), so an event is serialised once.
//
// Core thread only.
#pragma once

#include "daemon/ports/event_sink.h"

namespace commd::api {

class ProtoEventEncoder final : public ports::EventEncoder {
 public:
  ports::EncodedEvent encode(const model::Event& event) override;
};

}  // namespace commd::api
