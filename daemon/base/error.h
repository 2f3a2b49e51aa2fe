// What went wrong, in a form that the API, the CLI and the log can all show.
//
// Immutable values; any thread.
#pragma once

#include <map>
#include <string>

namespace commd::base {

// Maps one to one onto gRPC status codes and commctl's exit codes.
enum class Code {
  invalid_argument,     // a field of the request is wrong: names the field and the remedy
  not_found,            // no such account, call, device ...
  already_exists,       //
  failed_precondition,  // right request, wrong state (for example: resume a call not held)
  permission_denied,    // not allowed to this client
  unauthenticated,      // the far server refused our credentials
  resource_exhausted,   // a limit of [limits] or of the machine
  unavailable,          // the far end or a local service cannot be reached now
  deadline_exceeded,    // it took too long
  out_of_range,         // a resume token that is no longer in the log
  aborted,              // lost a race; repeat
  unimplemented,        // not offered by this build
  internal,             // a bug of ours
};

// One failure. `reason` is stable and UPPER_SNAKE (listed in docs/api.md by a
// test); `message` is for a person and says what to do; every variable of the
// message is also in `details`.
struct Error {
  Code code = Code::internal;
  std::string reason;
  std::string message;
  std::map<std::string, std::string> details;
};

const char* to_string(Code code);

// Shorthands for the commonest kinds.
Error invalid_argument(std::string field, std::string message);
Error not_found(std::string kind, std::string id);

}  // namespace commd::base
