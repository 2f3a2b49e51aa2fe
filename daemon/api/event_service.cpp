#include "daemon/api/event_service.h"

#include <grpcpp/impl/codegen/proto_utils.h>

#include "daemon/api/refused_stream.h"

namespace commd::api {
grpc::ServerWriteReactor<grpc::ByteBuffer>* EventService::Watch(grpc::CallbackServerContext*,
                                                                const grpc::ByteBuffer* request) {
  v1::WatchRequest parsed;
  grpc::ByteBuffer copy(*request);
  const grpc::Status status =
      grpc::SerializationTraits<v1::WatchRequest>::Deserialize(&copy, &parsed);
  using Refused = RefusedStream<grpc::ByteBuffer>;
  if (!status.ok())
    return new Refused(to_status(base::invalid_argument("request", "not a WatchRequest")));
  if (const auto ok = check_request(parsed); !ok) return new Refused(to_status(ok.error()));
  // Who watches wants to see devices come and go, too.
  core_.post([&core = core_.core] { core.devices().watch(); });
  return WatchStream::open(hub_, core_.post, parsed.resume_token());
}

}  // namespace commd::api
