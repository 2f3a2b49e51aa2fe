// Errors as gRPC tells them: one google.rpc.Status with exactly one ErrorInfo.
// Pure; any thread.
#pragma once

#include <grpcpp/support/status.h>

#include "daemon/base/error.h"

namespace commd::api {

grpc::Status to_status(const base::Error& error);

// UNAVAILABLE, DAEMON_STOPPING: what every stream and open call ends with when the
// daemon stops.
base::Error daemon_stopping();

}  // namespace commd::api
