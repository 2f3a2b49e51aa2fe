// commd.v1.EventService: Watch, with messages that are already serialised.
#pragma once

#include "commd/v1/event.grpc.pb.h"
#include "daemon/api/core_access.h"
#include "daemon/api/watch_hub.h"

namespace commd::api {

class EventService final
    : public v1::EventService::WithRawCallbackMethod_Watch<v1::EventService::Service> {
 public:
  EventService(const CoreAccess& core, WatchHub& hub) : core_(core), hub_(hub) {}

  grpc::ServerWriteReactor<grpc::ByteBuffer>* Watch(grpc::CallbackServerContext* context,
                                                    const grpc::ByteBuffer* request) override;

 private:
  const CoreAccess& core_;
  WatchHub& hub_;
};

}  // namespace commd::api
