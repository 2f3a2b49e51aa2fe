// A stream that ends at once, for a request that is refused.
#pragma once

#include <grpcpp/support/server_callback.h>

namespace commd::api {

// gRPC's threads. Deletes itself when gRPC is done with it.
template <class Message>
class RefusedStream final : public grpc::ServerWriteReactor<Message> {
 public:
  explicit RefusedStream(const grpc::Status& status) { this->Finish(status); }
  void OnDone() override { delete this; }
};

}  // namespace commd::api
