#include "daemon/api/event_service.h"

#include <grpcpp/impl/codegen/proto_utils.h>

namespace commd::api {
namespace {

// A stream that ends at once, for a request that cannot be read.
class RefusedStream final : public grpc::ServerWriteReactor<grpc::ByteBuffer> {
 public:
  explicit RefusedStream(const grpc::Status& status) { Finish(status); }
  void OnDone() override { delete this; }
};

}  // namespace

grpc::ServerWriteReactor<grpc::ByteBuffer>* EventService::Watch(grpc::CallbackServerContext*,
                                                                const grpc::ByteBuffer* request) {
  v1::WatchRequest parsed;
  grpc::ByteBuffer copy(*request);
  const grpc::Status status =
      grpc::SerializationTraits<v1::WatchRequest>::Deserialize(&copy, &parsed);
  if (!status.ok())
    return new RefusedStream(to_status(base::invalid_argument("request", "not a WatchRequest")));
  return WatchStream::open(hub_, core_.post, parsed.resume_token());
}

}  // namespace commd::api
