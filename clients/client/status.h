// gRPC's status as a ClientError. For the files of this room only.
#pragma once

#include <grpcpp/support/status.h>

#include <string>

#include "clients/client/error.h"

namespace commd::client {

// The ErrorInfo of commd in the status's details becomes reason and metadata. A
// status without one that says "unavailable" is looked into: why can `socket` not
// be reached, and what can a person do about it.
ClientError error_of(const grpc::Status& status, const std::string& socket);

}  // namespace commd::client
