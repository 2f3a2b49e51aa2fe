#include "clients/client/status.h"

#include "clients/client/socket.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"

namespace commd::client {
namespace {

bool find_error_info(const grpc::Status& status, google::rpc::ErrorInfo& info) {
  google::rpc::Status details;
  if (!details.ParseFromString(status.error_details())) return false;
  for (const auto& detail : details.details())
    if (detail.UnpackTo(&info) && info.domain() == "commd") return true;
  return false;
}

}  // namespace

ClientError error_of(const grpc::Status& status, const std::string& socket) {
  const auto code = static_cast<Code>(status.error_code());
  google::rpc::ErrorInfo info;
  if (find_error_info(status, info)) {
    return ClientError(code, info.reason(), status.error_message(),
                       {info.metadata().begin(), info.metadata().end()});
  }
  if (code == Code::unavailable) return unreachable_error(socket, status.error_message());
  std::string message = status.error_message();
  if (code == Code::deadline_exceeded) message = "the daemon did not answer in time";
  if (code == Code::unimplemented) message = "this daemon is too old for that: " + message;
  return ClientError(code, "", message);
}

}  // namespace commd::client
