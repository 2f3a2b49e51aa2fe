#include "daemon/base/error.h"

#include <utility>

namespace commd::base {

const char* to_string(Code code) {
  switch (code) {
    case Code::invalid_argument:
      return "invalid_argument";
    case Code::not_found:
      return "not_found";
    case Code::already_exists:
      return "already_exists";
    case Code::failed_precondition:
      return "failed_precondition";
    case Code::permission_denied:
      return "permission_denied";
    case Code::unauthenticated:
      return "unauthenticated";
    case Code::resource_exhausted:
      return "resource_exhausted";
    case Code::unavailable:
      return "unavailable";
    case Code::deadline_exceeded:
      return "deadline_exceeded";
    case Code::out_of_range:
      return "out_of_range";
    case Code::aborted:
      return "aborted";
    case Code::unimplemented:
      return "unimplemented";
    case Code::internal:
      return "internal";
  }
  return "internal";
}

Error invalid_argument(std::string field, std::string message) {
  Error error{Code::invalid_argument, "INVALID_ARGUMENT", std::move(message), {}};
  error.details["field"] = std::move(field);
  return error;
}

Error not_found(std::string kind, std::string id) {
  Error error{Code::not_found, "NOT_FOUND", "no " + kind + " \"" + id + "\"", {}};
  error.details["kind"] = std::move(kind);
  error.details["id"] = std::move(id);
  return error;
}

}  // namespace commd::base
