#include "clients/client/error.h"

#include <array>

namespace commd::client {

std::string name_of(Code code) {
  static constexpr std::array<const char*, 17> names = {"OK",
                                                        "CANCELLED",
                                                        "UNKNOWN",
                                                        "INVALID_ARGUMENT",
                                                        "DEADLINE_EXCEEDED",
                                                        "NOT_FOUND",
                                                        "ALREADY_EXISTS",
                                                        "PERMISSION_DENIED",
                                                        "RESOURCE_EXHAUSTED",
                                                        "FAILED_PRECONDITION",
                                                        "ABORTED",
                                                        "OUT_OF_RANGE",
                                                        "UNIMPLEMENTED",
                                                        "INTERNAL",
                                                        "UNAVAILABLE",
                                                        "DATA_LOSS",
                                                        "UNAUTHENTICATED"};
  const auto number = static_cast<size_t>(code);
  return number < names.size() ? names[number] : std::to_string(static_cast<int>(code));
}

ExitCode ClientError::exit_code() const {
  // Not to say which of several, or of none, is meant is a mistake on the command
  // line, whatever the code.
  if (reason_ == "AMBIGUOUS" || reason_ == "ACCOUNT_REQUIRED" || reason_ == "NO_ACCOUNT")
    return ExitCode::usage;
  switch (code_) {
    case Code::ok:
      return ExitCode::ok;
    case Code::invalid_argument:
      return ExitCode::usage;
    case Code::not_found:
      return ExitCode::not_found;
    case Code::permission_denied:
    case Code::unauthenticated:
      return ExitCode::not_permitted;
    case Code::deadline_exceeded:
      return ExitCode::timed_out;
    case Code::unavailable:
      // With a reason the daemon itself answered: it was reached.
      return reason_.empty() ? ExitCode::unreachable : ExitCode::failed;
    case Code::cancelled:
    case Code::unknown:
    case Code::already_exists:
    case Code::resource_exhausted:
    case Code::failed_precondition:
    case Code::aborted:
    case Code::out_of_range:
    case Code::unimplemented:
    case Code::internal:
    case Code::data_loss:
      return ExitCode::failed;
  }
  return ExitCode::failed;
}

}  // namespace commd::client
