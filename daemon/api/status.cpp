#include "daemon/api/status.h"

#include "daemon/base/escape.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"

namespace commd::api {
namespace {

grpc::StatusCode code_of(base::Code code) {
  switch (code) {
    case base::Code::invalid_argument:
      return grpc::StatusCode::INVALID_ARGUMENT;
    case base::Code::not_found:
      return grpc::StatusCode::NOT_FOUND;
    case base::Code::already_exists:
      return grpc::StatusCode::ALREADY_EXISTS;
    case base::Code::failed_precondition:
      return grpc::StatusCode::FAILED_PRECONDITION;
    case base::Code::permission_denied:
      return grpc::StatusCode::PERMISSION_DENIED;
    case base::Code::unauthenticated:
      return grpc::StatusCode::UNAUTHENTICATED;
    case base::Code::resource_exhausted:
      return grpc::StatusCode::RESOURCE_EXHAUSTED;
    case base::Code::unavailable:
      return grpc::StatusCode::UNAVAILABLE;
    case base::Code::deadline_exceeded:
      return grpc::StatusCode::DEADLINE_EXCEEDED;
    case base::Code::out_of_range:
      return grpc::StatusCode::OUT_OF_RANGE;
    case base::Code::aborted:
      return grpc::StatusCode::ABORTED;
    case base::Code::unimplemented:
      return grpc::StatusCode::UNIMPLEMENTED;
    case base::Code::internal:
      return grpc::StatusCode::INTERNAL;
  }
  return grpc::StatusCode::INTERNAL;
}

}  // namespace

grpc::Status to_status(const base::Error& error) {
  const grpc::StatusCode code = code_of(error.code);
  google::rpc::ErrorInfo info;
  info.set_reason(error.reason);
  info.set_domain("commd");
  for (const auto& [key, value] : error.details)
    (*info.mutable_metadata())[key] = base::to_valid_utf8(value);
  google::rpc::Status status;
  status.set_code(static_cast<int>(code));
  status.set_message(base::to_valid_utf8(error.message));
  status.add_details()->PackFrom(info);
  return {code, status.message(), status.SerializeAsString()};
}

base::Error daemon_stopping() {
  return {base::Code::unavailable, "DAEMON_STOPPING", "the daemon stops", {}};
}

}  // namespace commd::api
