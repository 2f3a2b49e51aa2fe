// How gRPC's threads reach the core: they validate, post and return; the answer
// is given from the core thread.
#pragma once

#include <grpcpp/support/server_callback.h>

#include <functional>
#include <string>
#include <utility>

#include "daemon/api/convert.h"
#include "daemon/api/status.h"
#include "daemon/base/result.h"
#include "daemon/core/core.h"

namespace commd::api {

// Given to every service; any thread.
struct CoreAccess {
  core::Core& core;
  std::function<void(std::function<void()>)> post;

  // Runs `work(core, finish)` on the core thread; `finish` is called once with the
  // outcome and completes the call.
  using Finish = std::function<void(grpc::Status)>;
  template <class Work>
  grpc::ServerUnaryReactor* unary(grpc::CallbackServerContext* context, Work work) const {
    grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
    post([this, reactor, work = std::move(work)]() mutable {
      work(core, [reactor](grpc::Status status) { reactor->Finish(std::move(status)); });
    });
    return reactor;
  }
};

// A callback that puts a resource into the response and finishes.
template <class Resource, class Proto>
std::function<void(base::Result<Resource>)> reply_with(Proto* response, CoreAccess::Finish finish) {
  return [response, finish = std::move(finish)](base::Result<Resource> result) {
    if (!result) return finish(to_status(result.error()));
    to_proto(*result, response);
    finish(grpc::Status::OK);
  };
}

}  // namespace commd::api
