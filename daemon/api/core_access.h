// How gRPC's threads reach the core: they validate, post and return; the answer
// is given from the core thread.
#pragma once

#include <grpcpp/support/server_callback.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "daemon/api/convert.h"
#include "daemon/api/request_check.h"
#include "daemon/api/status.h"
#include "daemon/api/unary_call.h"
#include "daemon/base/result.h"
#include "daemon/core/core.h"

namespace commd::api {

// Given to every service; any thread.
struct CoreAccess {
  core::Core& core;
  std::function<void(std::function<void()>)> post;
  // Core thread.
  OpenCalls& open_calls;

  // Checks the request's fields, then runs `work(core, answer)` on the core thread.
  // The request lives until `answer` was called; work that goes on later asks
  // answer.open() before it touches request or response.
  template <class Request, class Work>
  grpc::ServerUnaryReactor* unary(grpc::CallbackServerContext* context, const Request* request,
                                  Work work) const {
    if (const auto ok = check_request(*request); !ok) return refuse(context, ok.error());
    const std::shared_ptr<UnaryCall> call = UnaryCall::open();
    post([this, call, work = std::move(work)]() mutable {
      if (!open_calls.add(call)) return;
      core.attention().used();
      work(core, Answer(call));
    });
    return call.get();
  }

  // The same with `prepare()` before, on gRPC's thread, which may wait for a disk: its
  // value is given to `work(core, value, answer)`, its error is the answer.
  template <class Request, class Prepare, class Work>
  grpc::ServerUnaryReactor* unary(grpc::CallbackServerContext* context, const Request* request,
                                  Prepare prepare, Work work) const {
    if (const auto ok = check_request(*request); !ok) return refuse(context, ok.error());
    auto ready = prepare();
    if (!ready) return refuse(context, ready.error());
    return unary(context, request,
                 [ready = std::move(*ready), work = std::move(work)](core::Core& reached,
                                                                     Answer answer) mutable {
                   work(reached, ready, std::move(answer));
                 });
  }

  static grpc::ServerUnaryReactor* refuse(grpc::CallbackServerContext* context,
                                          const base::Error& error) {
    grpc::ServerUnaryReactor* refused = context->DefaultReactor();
    refused->Finish(to_status(error));
    return refused;
  }
};

// A callback that puts a resource into the response and finishes.
template <class Resource, class Proto>
std::function<void(base::Result<Resource>)> reply_with(Proto* response, Answer answer) {
  return [response, answer = std::move(answer)](base::Result<Resource> result) {
    if (!answer.open()) return;
    if (!result) return answer(to_status(result.error()));
    to_proto(*result, response);
    answer(grpc::Status::OK);
  };
}

}  // namespace commd::api
